"""Why a row is rejected or a file is not loaded: codes, sentence templates and advice, in Chinese and English.

These are the only reason codes that `ops.rejected_row` and stopped loads carry. `{subject}` is the column with its
business name and the value, `{expected}` what the contract allows, `{agency}` the agency; the others are the
facts of a `RowIssue`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason: a template of what is wrong, and what the reader of the message should do."""

    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str


_CORRECT = ("请{agency}更正后重新报送", "ask the {agency} to correct it and send the file again")
_CHECK = ("请{agency}核实后重新报送", "ask the {agency} to check it and send the file again")
_CODE = (
    "请{agency}按代码表更正；若确为新代码，请在契约的代码表中登记",
    "ask the {agency} to correct it; if the code is new and right, add it to the contract's code list",
)


def _not(kind_zh: str, kind_en: str) -> Reason:
    return Reason(
        f"{{subject}}不是{kind_zh}，应为{{expected}}",
        f"{{subject}} is not {kind_en}; it must be {{expected}}",
        *_CORRECT,
    )


ROW_REASONS: dict[str, Reason] = {
    "missing_value": Reason(
        "{column}为必填项，但该值为空，应为{expected}",
        "the required value of {column} is empty; it must be {expected}",
        *_CORRECT,
    ),
    "not_a_number": _not("数字", "a number"),
    "not_a_date": _not("日期", "a date"),
    "not_a_boolean": _not("“是”或“否”", "yes or no"),
    "not_a_text": _not("文字", "a text"),
    "not_a_list": _not("明细列表", "a list of details"),
    "not_an_object": Reason("{subject}不是一条记录", "{subject} is not a record", *_CORRECT),
    "not_json": Reason("{subject}不是合法的 JSON", "{subject} is not valid JSON", *_CHECK),
    "wrong_field_count": Reason(
        "该行有 {count} 个字段，表头有 {width} 个",
        "the row has {count} fields, the header {width}",
        *_CORRECT,
    ),
    "not_in_code_list": Reason(
        "{subject}不在代码表中，应为{expected}",
        "{subject} is not in the code list; it must be {expected}",
        *_CODE,
    ),
    "out_of_range": Reason(
        "{subject}超出允许的范围，应为{expected}", "{subject} is out of range; it must be {expected}", *_CHECK
    ),
    "too_long": Reason(
        "{subject}过长，应为{expected}", "{subject} is too long; it must be {expected}", *_CORRECT
    ),
    "bad_pattern": Reason(
        "{subject}格式不符，应为{expected}", "{subject} has the wrong form; it must be {expected}", *_CORRECT
    ),
    "bad_character": Reason(
        "{subject}含有无法存储的字符", "{subject} contains a character that cannot be stored", *_CORRECT
    ),
    "bad_check_digit": Reason(
        "{subject}校验位错误，应为{expected}",
        "{subject} has a wrong check digit; it must be {expected}",
        *_CHECK,
    ),
    "end_before_start": Reason(
        "{subject}早于{other} {other_value}", "{subject} is before {other}, {other_value}", *_CHECK
    ),
    "negative_energy": Reason("{subject}为负", "{subject} is negative", *_CHECK),
    "fee_sum_mismatch": Reason(
        "{subject}不等于{first}与{second}之和 {sum}（容差 {tolerance}）",
        "{subject} is not the sum of {first} and {second}, {sum} (tolerance {tolerance})",
        *_CHECK,
    ),
    "detail_sum_mismatch": Reason(
        "{subject}不等于各明细 {detail} 之和 {sum}（容差 {tolerance}）",
        "{subject} is not the sum of {detail} in its details, {sum} (tolerance {tolerance})",
        *_CHECK,
    ),
    "detail_count_mismatch": Reason(
        "{subject}不等于明细条数 {count}", "{subject} is not the number of details, {count}", *_CHECK
    ),
    "part_exceeds_whole": Reason(
        "{subject}大于{other} {other_value}", "{subject} exceeds {other}, {other_value}", *_CHECK
    ),
    "outside_period": Reason(
        "{subject}不在本文件的期次 {period} 内", "{subject} is outside the file's period {period}", *_CHECK
    ),
    "duplicate_key": Reason(
        "键 {value} 与同一文件第 {first_row} 行重复，第 {first_row} 行已保留",
        "the key {value} repeats row {first_row} of the file, which was kept",
        "请{agency}核实以哪一行为准，删除另一行后重新报送",
        "ask the {agency} which row is right, and to remove the other and send the file again",
    ),
}

STOP_REASONS: dict[str, Reason] = {
    "unreadable_file": Reason("文件无法打开或已损坏", "the file cannot be opened or is damaged", *_CHECK),
    "truncated_file": Reason("文件不完整，中途截断", "the file is incomplete, it breaks off", *_CHECK),
    "no_row_readable": Reason("没有一行可以读取", "not one row can be read", *_CHECK),
    "wrong_encoding": Reason(
        "文件既不是 UTF-8 也不是 GB18030 编码",
        "the file is encoded neither in UTF-8 nor in GB18030",
        "请{agency}以 UTF-8 编码另存后重新报送",
        "ask the {agency} to save it as UTF-8 and send it again",
    ),
    "header_not_found": Reason("找不到表头", "the header row was not found", *_CORRECT),
    "wrong_sheet": Reason(
        "文件中没有约定的工作表",
        "the file does not have the agreed sheet",
        "请{agency}恢复约定的工作表名后重新报送",
        "ask the {agency} to restore the agreed sheet name and send the file again",
    ),
    "missing_column": Reason(
        "文件缺少必需的列",
        "a required column is missing",
        "请{agency}补上该列后重新报送；若列名已改，请在契约的 sourceNames 中登记新列名",
        "ask the {agency} to add it and send the file again; if it was renamed, add the new name to the contract's "
        "sourceNames",
    ),
    "new_column": Reason(
        "文件中有契约之外的列",
        "the file has a column that the contract does not know",
        "请在契约中登记该列，或请{agency}删除",
        "add it to the contract, or ask the {agency} to remove it",
    ),
    "retyped_column": Reason(
        "列的类型已改变，没有一个值可读",
        "a column has changed its type and none of its values can be read",
        "请与{agency}确认；若改变是有意的，请修改契约并升级版本",
        "ask the {agency}; if the change is intended, change the contract and raise its version",
    ),
    "wrong_period": Reason(
        "标题中的期次与文件的期次不符",
        "the period in the title is not the file's period",
        "请{agency}核实是否错投，更正后重新报送",
        "ask the {agency} whether it is the wrong file, and to send the right one",
    ),
    "too_many_rejected": Reason(
        "被拒收的行超过契约允许的数量",
        "more rows were rejected than the contract tolerates",
        "请将 ops.rejected_row 中逐行的原因告知{agency}，更正后重新报送",
        "send the {agency} the reasons, row by row, from ops.rejected_row and ask for a corrected file",
    ),
    "contract_not_additive": Reason(
        "契约改变了已有列的类型，而原始表只能增加列",
        "the contract changes the type of an existing column, but raw tables can only gain columns",
        "请以新列名登记，或由管理员迁移该表",
        "give the column a new name, or have an administrator migrate the table",
    ),
    "refused_by_database": Reason(
        "数据库拒绝了其中的值",
        "the database refused a value",
        "请把本条信息交给开发人员",
        "give this message to the developers",
    ),
    "landing_unreadable": Reason(
        "落地文件读不到",
        "the landed file cannot be read",
        "请检查落地存储 (GREEN_FREIGHT_LANDING_URL)，然后重新运行",
        "check the landing store (GREEN_FREIGHT_LANDING_URL), then run again",
    ),
}
