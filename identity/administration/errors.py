"""The ways in which an administrator's change is refused."""

from shared.errors import Conflict, Invalid, NotFound, RuleNotMet


class DepartmentNotFound(NotFound):
    code = "department-not-found"
    title_en = "There is no such department"
    title_zh = "部门不存在"


class DepartmentUnknown(Invalid):
    """Named in a body: the address was right."""

    code = "department-unknown"
    title_en = "The department named is not registered"
    title_zh = "所指部门未登记"


class DepartmentRetired(RuleNotMet):
    code = "department-retired"
    title_en = "This department is retired; register its successor under a code of its own"
    title_zh = "该部门已停用，请以新代码登记承接部门"


class DepartmentNumberTaken(Conflict):
    code = "department-number-taken"
    title_en = "Another department has this unified social credit code"
    title_zh = "该统一社会信用代码已属其他部门"


class DutyRegionsOutside(Invalid):
    """`regions`: those that are not in `department_region`, where the department acts."""

    code = "duty-regions-outside"
    title_en = "A department has no duty about regions in which it does not act"
    title_zh = "法定职责所及区划超出该部门的管辖区划"


class OfficerNotFound(NotFound):
    code = "officer-not-found"
    title_en = "There is no such officer"
    title_zh = "经办人不存在"


class OfficerOfAnother(RuleNotMet):
    """Acts name the officer: who moves is registered again, so that what was signed before stays true."""

    code = "officer-of-another-department"
    title_en = "This officer belongs to another department; register them there under a new id"
    title_zh = "该经办人属于其他部门，调动后请以新编号登记"


class ClientRevoked(RuleNotMet):
    code = "client-revoked"
    title_en = "This client is revoked for good; register another"
    title_zh = "该客户端已吊销，请另行登记"


class ClientOfAnother(RuleNotMet):
    """What a client is stays as it is, for as long as its name is in the books."""

    code = "client-of-another-kind"
    title_en = "A client of this name is registered, of another kind or department"
    title_zh = "同名客户端已登记，类型或所属部门不同"


class ScopesNotForKind(Invalid):
    """`scopes` and `roles` that this kind of client never has."""

    code = "scopes-not-for-kind"
    title_en = "A client of this kind may not have these scopes or roles"
    title_zh = "该类型客户端不得拥有这些权限或角色"


class ClientIsOurs(RuleNotMet):
    """What a service may do, nobody outside is given: its key is made where the platform is set up."""

    code = "client-is-a-service"
    title_en = "This client is one of the platform's own services; its keys are made where the platform is set up"
    title_zh = "该客户端为平台自身服务，其密钥在平台部署处生成"


class KeyNotUsable(Invalid):
    """`reason`: which part of the key is not what is accepted."""

    code = "client-key-not-usable"
    title_en = "This is not a public key that clients are known by (ES256 on P-256, or Ed25519)"
    title_zh = "公钥不可用，仅接受 P-256 或 Ed25519 公钥"


class PrivateKeySent(Invalid):
    """It was shown to others on its way here, so it is nobody's proof any more."""

    code = "private-key-sent"
    title_en = "This is a private key; make a new pair, and send the public half alone"
    title_zh = "提交的是私钥，请重新生成密钥并仅提交公钥"


class KeyTaken(Conflict):
    code = "client-key-taken"
    title_en = "This key, or another of this name, is registered already"
    title_zh = "该密钥或同名密钥已登记"


class ClientHasTwoKeys(RuleNotMet):
    """`keys`: their names. Two may overlap while the client changes from one to the other."""

    code = "client-has-two-keys"
    title_en = "This client has two keys; remove the old one first"
    title_zh = "该客户端已有两个密钥，请先移除旧密钥"


class ClientKeyNotFound(NotFound):
    code = "client-key-not-found"
    title_en = "This client has no such key"
    title_zh = "该客户端没有此密钥"


class LastClientKey(RuleNotMet):
    code = "last-client-key"
    title_en = "This is the client's only key; add the next one first, or revoke the client"
    title_zh = "这是该客户端唯一的密钥，请先添加新密钥或吊销客户端"


class AdministeredAlready(RuleNotMet):
    code = "administered-already"
    title_en = "There is a client already that may administer the platform; it registers others"
    title_zh = "平台管理客户端已存在，由其登记其他客户端"


class ClientTaken(Conflict):
    code = "client-taken"
    title_en = "A client of this name is registered"
    title_zh = "同名客户端已登记"
