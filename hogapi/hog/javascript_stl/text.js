// Strings: searching, changing, encoding.

function concat(...parts) {
    return parts.map((part) => (part === null || part === undefined ? "" : __STLToString(part))).join("");
}

function lower(text) {
    return text === null || text === undefined ? null : String(text).toLowerCase();
}

function upper(text) {
    return text === null || text === undefined ? null : String(text).toUpperCase();
}

function reverse(text) {
    return text === null || text === undefined ? null : [...String(text)].reverse().join("");
}

function replaceOne(text, old, fresh) {
    return text === null || text === undefined ? null : String(text).replace(old, fresh);
}

function replaceAll(text, old, fresh) {
    return text === null || text === undefined ? null : String(text).replaceAll(old, fresh);
}

function position(text, needle) {
    return typeof text === "string" ? text.indexOf(String(needle)) + 1 : 0;
}

function positionCaseInsensitive(text, needle) {
    return typeof text === "string" ? text.toLowerCase().indexOf(String(needle).toLowerCase()) + 1 : 0;
}

function trimLeft(text, char) {
    return __trim(text, char, true, false);
}

function trimRight(text, char) {
    return __trim(text, char, false, true);
}

function trim(text, char) {
    return __trim(text, char, true, true);
}

function __trim(text, char, left, right) {
    if (text === null || text === undefined) {
        return null;
    }
    const strip = char ?? " ";
    if (strip.length !== 1) {
        return "";
    }
    let start = 0;
    let end = text.length;
    while (left && start < end && text[start] === strip) {
        start++;
    }
    while (right && end > start && text[end - 1] === strip) {
        end--;
    }
    return text.slice(start, end);
}

function splitByString(separator, text, most) {
    return text === null || text === undefined ? null : text.split(separator, most ?? undefined);
}

function startsWith(text, prefix) {
    return typeof text === "string" && typeof prefix === "string" && text.startsWith(prefix);
}

function substring(text, start, length) {
    if (typeof text !== "string" || start < 1 || (isNotNull(length) && length < 0)) {
        return "";
    }
    return text.slice(start - 1, isNotNull(length) ? start - 1 + length : undefined);
}

function __like(text, pattern, flags) {
    const source = String(pattern)
        .replace(/[-/\\^$*+?.()|[\]{}]/g, "\\$&")
        .replaceAll("%", ".*")
        .replaceAll("_", ".");
    return new RegExp(source, flags).test(String(text));
}

function like(text, pattern) {
    return __like(text, pattern, "");
}

function ilike(text, pattern) {
    return __like(text, pattern, "i");
}

function notLike(text, pattern) {
    return !__like(text, pattern, "");
}

function notILike(text, pattern) {
    return !__like(text, pattern, "i");
}

function match(text, pattern) {
    return Boolean(text && pattern) && new RegExp(pattern).test(text);
}

function __imatch(text, pattern) {
    return Boolean(text && pattern) && new RegExp(pattern, "i").test(text);
}

function extractRegex(text, pattern) {
    const found = text && pattern ? new RegExp(pattern).exec(text) : null;
    return found ? (found[1] ?? found[0]) : "";
}

function encodeURLComponent(text) {
    return encodeURIComponent(text);
}

function decodeURLComponent(text) {
    return decodeURIComponent(text);
}

function tryDecodeURLComponent(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return null;
    }
}

function base64Encode(text) {
    __requireText("base64Encode", text);
    let bytes = "";
    for (const byte of new TextEncoder().encode(text)) {
        bytes += String.fromCharCode(byte);
    }
    return btoa(bytes);
}

function base64Decode(text) {
    __requireText("base64Decode", text);
    const clean = text.replaceAll("-", "+").replaceAll("_", "/").split("=")[0].replace(/[^A-Za-z0-9+/]/g, "");
    const whole = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
    return new TextDecoder().decode(Uint8Array.from(atob(whole), (char) => char.charCodeAt(0)));
}

function tryBase64Decode(text) {
    try {
        return base64Decode(text);
    } catch {
        return "";
    }
}

function __requireText(name, value) {
    if (typeof value !== "string") {
        throw __newHogError("Error", `Function ${name} requires a string, got ${__x_typeof(value)}`, null);
    }
}

function generateUUIDv4() {
    return crypto.randomUUID();
}

function isIPAddressInRange(address, network) {
    const [base, prefix] = String(network).split("/");
    const ip = __addressBits(address);
    const net = __addressBits(base);
    if (!ip || !net || ip.length !== net.length || !/^[0-9]{1,3}$/.test(prefix ?? "") || Number(prefix) > ip.length) {
        return false;
    }
    return ip.slice(0, Number(prefix)) === net.slice(0, Number(prefix));
}

function __addressBits(address) {
    const bits = (number, width) => number.toString(2).padStart(width, "0");
    const text = String(address);
    if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text)) {
        const octets = text.split(".");
        if (octets.some((octet) => Number(octet) > 255 || String(Number(octet)) !== octet)) {
            return null;
        }
        return octets.map((octet) => bits(Number(octet), 8)).join("");
    }
    const halves = text.split("::");
    const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
    const count = groups.flat().length;
    if (halves.length > 2 || (halves.length === 1 ? count !== 8 : count > 7)) {
        return null;
    }
    if (groups.flat().some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) {
        return null;
    }
    const filled = halves.length === 1 ? groups[0] : [...groups[0], ...Array(8 - count).fill("0"), ...groups[1]];
    return filled.map((group) => bits(parseInt(group, 16), 16)).join("");
}

function multiSearchAnyCaseInsensitive(text, needles) {
    const haystack = isNotNull(text) ? String(text).toLowerCase() : "";
    return Array.isArray(needles) && needles.some((needle) => haystack.includes(String(needle).toLowerCase())) ? 1 : 0;
}

// Arrays do not compare in JavaScript, so versions become texts that sort like them.
function sortableSemver(version) {
    const found = /[0-9]+(?:\.[0-9]+)+/.exec(version ?? "");
    return found ? found[0].split(".").map((part) => part.padStart(16, "0")).join(".") : "";
}
