"""What a question or a title is about doing or knowing, besides its subject: how, when, how much, opening, cancelling …

Of two articles on one subject, the one that answers the same kind of question is meant. Several can be meant at once. The
patterns are common Chinese; banking's own words belong in the lexicon. What a card shows first is decided by the one facet of
`kb.query`, which is coarser.
"""

from __future__ import annotations

import re

INTENTS = {
    "how": "怎么|如何|怎样|咋|方法|方式|流程|步骤|操作|途径|程序|手续|办法",
    "what": "什么是|是什么|什么意思|啥意思|是啥|介绍|定义|含义|概念|说一下|讲讲|讲一下|解释|指的是|什么叫|啥叫|啥是|什么东西"
    "|了解",
    "where": "在哪|哪里|哪儿|地点|位置|去哪|入口|到哪|哪个网点|什么地方|啥地方|地址|渠道",
    "when": "什么时候|何时|几点|时间|多久|多长|期限|几天|有效期|时效|啥时候|几个工作日|几号|日期"
    "|多快|快不快|到账|过期|到期|期满|早晚|周末|节假日",
    "fee": "手续费|收费|费用|多少钱|要钱|免费|价格|年费|工本费|收钱|资费|花钱|贵吗|便宜|费率|扣费|要交钱",
    "limit": "限额|额度|最多|最高|上限|最低|最少|起存|起点|限制|至少|封顶|起投|起购|不超过",
    "number": "多少|几个|几次|几张|份数|次数|几笔|几份|数量",
    "rate": "利率|利息|收益|年息",
    "which": "哪些|种类|类型|哪几|几种|有什么|分类|都有|哪种|范围|内容|有啥|什么样|类别|品种|多少种",
    "condition": "条件|要求|需要|资格|前提|什么人|谁可以|对象|客户|谁能|什么样的人|年龄|限制",
    "material": "材料|资料|证件|证明|带什么|身份证",
    "can": "能不能|可以|能否|是否|可不可以|能.*[吗么]|行不行|允许|支持|是不是|有没有|会不会|必须"
    "|行吗|行么|能行|可否|成不成|会.*[吗么]",
    "why": "为什么|为何|原因|怎么回事|咋回事|为啥|怎么不|怎么没|怎么就|怎么总|怎么老|怎么会",
    "failure": "失败|提示|错误|报错|异常|无法|不能|没有反应|收不到|不了|没反应|不成功|坏|故障|没用"
    "|打不开|不出来|不上|不进|不到|没到|没有到|卡住|闪退|不好使|不灵|用不|出错|问题|不显示",
    "benefit": "好处|优势|优点|特点|优惠|特色|亮点|为什么要用|划算|划得来",
    "purpose": "作用|功能|功效|用途|用来|干什么|做什么|能干|用处|有什么用|有啥用|干嘛|干啥",
    "rule": "规则|规定|注意|须知|说明|要点",
    "safety": "安全|风险|保障",
    "difference": "区别|不同|差别|差异|关系|不一样|一样",
    "cancel": "取消|解约|关闭|注销|停|销户|解除|撤销|退|关掉|不想要|不用了|不要了|终止|不再",
    "open": "开通|签约|申请|注册|开立|办理|开户|激活|办|启用|怎么开|想开|要开|能开|开个|开一|申办|加入",
    "change": "修改|变更|更改|改|换|更新|升级|变动|调整",
    "look": "查询|查看|看|查|明细|记录|进度|哪里显示",
    "add": "添加|新增|加挂|增加|绑定|加",
    "remove": "删除|删|去掉|解绑",
    "contact": "电话|客服|热线|联系|号码|拨打|打给",
    "proxy": "代办|代理|委托|别人|他人|本人|替|家人|帮.{0,3}办|亲自|代.{0,2}办",
    "lose": "忘|记不|丢|遗失|挂失|找不到|不见|弄没|想不起|被偷|找不着",
    "lock": "锁|冻结|止付|冻住",
    "use": "使用|用",
    "sign in": "登录|登陆|登入|登不|进不去|上不去",
    "print": "打印|下载|导出|回单|明细|纸质|凭条|小票",
    "company": "企业|公司|对公|单位|法人|公章",
    "pay": "缴费|支付|付款|交费|缴|交.{0,4}费|充值|付钱",
    "transfer": "转账|汇款|转|汇|打款|打钱",
}
# a sign that stands in no word, only in patterns
_SIGN = re.compile(r"[.*\[\]]")
_PATTERNS = [
    (1 << place, re.compile(part))
    for place, pattern in enumerate(INTENTS.values())
    for part in pattern.split("|")
    if _SIGN.search(part)
]


def _by_first() -> dict[str, list[tuple[str, int]]]:
    """First character → the words that begin with it, each with its intents."""
    words: dict[str, int] = {}
    for place, pattern in enumerate(INTENTS.values()):
        for word in pattern.split("|"):
            if not _SIGN.search(word):
                words[word] = words.get(word, 0) | 1 << place
    table: dict[str, list[tuple[str, int]]] = {}
    for word, bits in words.items():
        table.setdefault(word[0], []).append((word, bits))
    return table


_WORDS = _by_first()


def intents(text: str) -> int:
    """The intents of a normalised text, a bit for each in the order of INTENTS."""
    found = 0
    for at, char in enumerate(text):
        for word, bits in _WORDS.get(char, ()):
            if text.startswith(word, at):
                found |= bits
    for bit, pattern in _PATTERNS:
        if pattern.search(text):
            found |= bit
    return found


def intent_names(found: int) -> list[str]:
    """The names of a set of intents."""
    return [name for place, name in enumerate(INTENTS) if found >> place & 1]
