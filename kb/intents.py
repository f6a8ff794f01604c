"""What a question or a title is about doing or knowing, besides its subject: how, when, how much, opening, cancelling …

Of two articles on one subject, the one that answers the same kind of question is meant. Several can be meant at once. The
patterns are common Chinese; banking's own words belong in the lexicon. What a card shows first is decided by the one facet of
`kb.query`, which is coarser.
"""

from __future__ import annotations

import re

INTENTS = {
    "how": "怎么|如何|怎样|咋|方法|方式|流程|步骤|操作|途径|程序|手续",
    "what": "什么是|是什么|什么意思|啥意思|是啥|介绍|定义|含义|概念|说一下|讲讲|讲一下|解释|指的是|什么叫",
    "where": "在哪|哪里|哪儿|地点|位置|去哪|入口|到哪",
    "when": "什么时候|何时|几点|时间|多久|多长|期限|几天|有效期|时效|啥时候|几个工作日|几号|日期",
    "fee": "手续费|收费|费用|多少钱|要钱|免费|价格|年费|工本费|收钱|资费",
    "limit": "限额|额度|最多|最高|上限|最低|最少|起存|起点|限制",
    "number": "多少|几个|几次|几张|份数|次数",
    "rate": "利率|利息|收益|年息",
    "which": "哪些|种类|类型|哪几|几种|有什么|分类|都有|哪种|范围|内容",
    "condition": "条件|要求|需要|资格|前提|什么人|谁可以|对象|客户",
    "material": "材料|资料|证件|证明|带什么|身份证",
    "can": "能不能|可以|能否|是否|可不可以|能.*[吗么]|行不行|允许|支持|是不是|有没有|会不会|必须",
    "why": "为什么|为何|原因|怎么回事|咋回事|为啥",
    "failure": "失败|提示|错误|报错|异常|无法|不能|没有反应|收不到|不了|没反应|不成功|坏|故障|没用",
    "benefit": "好处|优势|优点|特点|优惠|特色|亮点",
    "purpose": "作用|功能|用途|用来|干什么|做什么|能干|用处",
    "rule": "规则|规定|注意|须知|说明|要点",
    "safety": "安全|风险|保障",
    "difference": "区别|不同|差别|差异|关系|不一样|一样",
    "cancel": "取消|解约|关闭|注销|停|销户|解除|撤销|退",
    "open": "开通|签约|申请|注册|开立|办理|开户|激活|办",
    "change": "修改|变更|更改|改|换|更新|升级|变动",
    "look": "查询|查看|看|查",
    "add": "添加|新增|加挂|增加|绑定|加",
    "remove": "删除|删|去掉|解绑",
    "contact": "电话|客服|热线|联系",
    "proxy": "代办|代理|委托|别人|他人|本人|替",
    "lose": "忘|记不|丢|遗失|挂失|找不到",
    "lock": "锁|冻结|止付",
    "use": "使用|用",
    "sign in": "登录|登陆|登入",
    "print": "打印|下载|导出|回单|明细",
    "company": "企业|公司|对公|单位",
    "pay": "缴费|支付|付款|交费|缴",
    "transfer": "转账|汇款|转|汇",
}
_PATTERNS = [(1 << place, re.compile(pattern)) for place, pattern in enumerate(INTENTS.values())]


def intents(text: str) -> int:
    """The intents of a normalised text, a bit for each in the order of INTENTS."""
    return sum(bit for bit, pattern in _PATTERNS if pattern.search(text))


def intent_names(found: int) -> list[str]:
    """The names of a set of intents."""
    return [name for place, name in enumerate(INTENTS) if found >> place & 1]
