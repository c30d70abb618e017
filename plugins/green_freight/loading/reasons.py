"""Why a row is rejected or a load stops: codes, their meaning and what to do, in Chinese and English.

These are the only reason codes that `ops.rejected_row` and stopped loads carry.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason: what is wrong, and what the reader of the message should do."""

    meaning_zh: str
    meaning_en: str
    advice_zh: str
    advice_en: str


_CORRECT = ("请更正后重新报送", "correct it and send the file again")
_ASK = ("请联系报送单位核实后重新报送", "ask the agency to check it and send it again")
_CODE = (
    "请按代码表更正；若确为新代码，请在契约的代码表中登记",
    "correct it; if the code is new and right, add it to the contract's code list",
)


ROW_REASONS: dict[str, Reason] = {
    "missing_value": Reason("必填项为空", "a required value is empty", *_CORRECT),
    "not_a_number": Reason("不是数字", "is not a number", *_CORRECT),
    "not_a_date": Reason("不是日期", "is not a date", *_CORRECT),
    "not_a_boolean": Reason("不是“是/否”", "is not yes or no", *_CORRECT),
    "not_a_text": Reason("不是文字", "is not a text", *_CORRECT),
    "not_a_list": Reason("不是明细列表", "is not a list of details", *_CORRECT),
    "not_an_object": Reason("不是一条记录", "is not a record", *_CORRECT),
    "not_json": Reason("该行不是合法的 JSON", "the line is not valid JSON", *_ASK),
    "wrong_field_count": Reason("字段数与表头不符", "the number of fields is not the header's", *_CORRECT),
    "not_in_code_list": Reason("不在代码表中", "is not in the code list", *_CODE),
    "out_of_range": Reason("超出合理范围", "is out of range", *_ASK),
    "too_long": Reason("超过最大长度", "is too long", *_CORRECT),
    "bad_pattern": Reason("格式不符", "has not the required form", *_CORRECT),
    "bad_character": Reason("含有无法存储的字符", "holds a character that cannot be stored", *_CORRECT),
    "bad_check_digit": Reason("校验位错误", "has a wrong check digit", *_ASK),
    "end_before_start": Reason("结束早于开始", "ends before it starts", *_ASK),
    "negative_energy": Reason("电量为负", "is negative energy", *_ASK),
    "fee_sum_mismatch": Reason("总金额不等于各项之和", "is not the sum of its fees", *_ASK),
    "detail_sum_mismatch": Reason("合计不等于明细之和", "is not the sum of its details", *_ASK),
    "detail_count_mismatch": Reason("时段数不等于明细条数", "is not the number of its details", *_ASK),
    "part_exceeds_whole": Reason("部分大于整体", "is a part above its whole", *_ASK),
    "outside_period": Reason("不在本文件所属期内", "lies outside the file's period", *_ASK),
    "duplicate_key": Reason(
        "与同一文件中前面的行键值重复，已保留前一行",
        "repeats the key of an earlier row of the file, which was kept",
        "请核实以哪一行为准，删除另一行后重新报送",
        "check which row is right, remove the other and send the file again",
    ),
}

STOP_REASONS: dict[str, Reason] = {
    "unreadable_file": Reason("文件无法打开或已损坏", "the file cannot be opened or is damaged", *_ASK),
    "truncated_file": Reason("文件不完整，中途截断", "the file is not whole, it breaks off", *_ASK),
    "no_row_readable": Reason("没有一行可以读取", "not one row can be read", *_ASK),
    "wrong_encoding": Reason(
        "既不是 UTF-8 也不是 GB18030 编码",
        "is neither UTF-8 nor GB18030",
        "请以 UTF-8 编码另存后重新报送",
        "save it as UTF-8 and send it again",
    ),
    "header_not_found": Reason("找不到表头", "the header row was not found", *_CORRECT),
    "wrong_sheet": Reason(
        "没有约定的工作表",
        "the agreed sheet is absent",
        "请恢复约定的工作表名后重新报送",
        "restore the agreed sheet name and send the file again",
    ),
    "missing_column": Reason(
        "缺少必需的列",
        "a required column is missing",
        "请补上该列后重新报送；若列名已改，请在契约的 sourceNames 中登记新列名",
        "add the column and send it again; if it was renamed, add the new name to the contract's sourceNames",
    ),
    "new_column": Reason(
        "出现契约之外的列",
        "a column that the contract does not know",
        "请在契约中登记该列或让报送单位删除",
        "add it to the contract or have the agency remove it",
    ),
    "retyped_column": Reason(
        "列的类型已改变，没有一个值可读",
        "a column has changed its type, none of its values can be read",
        "请与报送单位确认；若改变是有意的，请修改契约并升级版本",
        "ask the agency; if the change is intended, change the contract and raise its version",
    ),
    "wrong_period": Reason(
        "标题所属期与文件所属期不符",
        "the title's period is not the file's",
        "请核实是否错投；更正后重新报送",
        "check whether it is the wrong file; correct it and send it again",
    ),
    "too_many_rejected": Reason(
        "被拒收的行超过契约允许的数量",
        "more rows were rejected than the contract tolerates",
        "请按 ops.rejected_row 中的逐行原因联系报送单位更正并重新报送",
        "send the agency the reasons, row by row, of ops.rejected_row and ask for a corrected delivery",
    ),
    "contract_not_additive": Reason(
        "契约改变了已有列的类型，原始表只增不改",
        "the contract changes the type of an existing column; raw tables are only added to",
        "请以新列名登记，或由管理员迁移该表",
        "give the column a new name, or have an administrator migrate the table",
    ),
    "refused_by_database": Reason(
        "数据库拒收其中的值",
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
