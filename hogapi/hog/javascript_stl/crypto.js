// Browsers hash asynchronously only, and expressions are synchronous: these say so instead of a digest.

function md5(data) {
    return "md5 is not implemented";
}

function md5Hex(data) {
    return "md5Hex is not implemented";
}

function sha1(data) {
    return "sha1 is not implemented";
}

function sha1Hex(data) {
    return "sha1Hex is not implemented";
}

function sha256(data) {
    return "sha256 is not implemented";
}

function sha256Hex(data) {
    return "sha256Hex is not implemented";
}

function sha1HmacChain(data) {
    return "sha1HmacChain is not implemented";
}

function sha1HmacChainHex(data) {
    return "sha1HmacChainHex is not implemented";
}

function sha256HmacChain(data) {
    return "sha256HmacChain is not implemented";
}

function sha256HmacChainHex(data) {
    return "sha256HmacChainHex is not implemented";
}

function sleep(seconds) {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
