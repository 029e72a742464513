"""What the operating system says when it refuses, in words of both languages."""

import errno

from huitong.kernel.errors import Text

_CHINESE = {
    errno.EACCES: "没有权限",
    errno.EADDRINUSE: "地址已被占用",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接被重置",
    errno.EDQUOT: "超出磁盘配额",
    errno.EEXIST: "文件已存在",
    errno.EHOSTUNREACH: "无法到达主机",
    errno.EIO: "读写失败",
    errno.EISDIR: "是文件夹",
    errno.ELOOP: "符号链接过多",
    errno.EMFILE: "打开的文件过多",
    errno.ENAMETOOLONG: "名称过长",
    errno.ENETUNREACH: "无法到达网络",
    errno.ENOENT: "没有该文件或文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.ENOTDIR: "不是文件夹",
    errno.ENOTEMPTY: "文件夹不为空",
    errno.EPERM: "不允许该操作",
    errno.EPIPE: "连接已断开",
    errno.EROFS: "磁盘为只读",
    errno.ETIMEDOUT: "连接超时",
}


def refusal(error: OSError) -> Text:
    """Why the system refuses; in Chinese the system's own words where it says something rare.

    >>> refusal(FileNotFoundError(errno.ENOENT, "No such file or directory"))
    {'en': 'No such file or directory', 'zh': '没有该文件或文件夹'}
    """
    said = error.strerror or str(error) or type(error).__name__
    chinese = _CHINESE.get(error.errno or 0) or ("连接超时" if isinstance(error, TimeoutError) else said)
    return {"en": said, "zh": chinese}
