"""The files that all articles share: their paths, how editors call them, and what they are for."""

from __future__ import annotations

# path below the articles folder → (name, what it is for)
SHARED_FILES: dict[str, tuple[str, str]] = {
    "_registry/facts.yml": ("共用数字", "费用、限额、利率、电话：改一处，所有用到的文章一起变"),
    "_registry/app_menu.yml": ("App 菜单", "手机银行、网上银行等的菜单；文章里的路径按它核对"),
    "_registry/departments.yml": ("部门", "文章的归口部门和投诉的受理部门"),
    "_registry/holidays.yml": ("节假日", "放假和调休的日子，算工作日用"),
    "_lexicon/synonyms.txt": ("同义词", "客户的说法和行里的叫法"),
    "_lexicon/pins.txt": ("置顶", "某个问法一定先出哪一篇"),
    "_lexicon/kinds.txt": ("分辨词", "没说清是哪一种时，给坐席选的产品和渠道"),
    "_lexicon/fraud.txt": ("诈骗用语", "客户或骗子的话、分数、触发哪张反诈警示"),
    "_lexicon/terms.txt": ("词表", "不能切开的词"),
    "_lexicon/stopwords.txt": ("停用词", "问题里没有意思的词"),
    "_lexicon/jargon.txt": ("行话", "客户听不懂的词和大白话"),
    "_lexicon/forbidden.txt": ("禁用词", "不能对客户说的话"),
    "_lexicon/shapes.txt": ("形近字", "容易打错的字"),
}
