// Values as text.

function print(...args) {
    console.log(...args.map(__printHogStringOutput));
    return null;
}

function __escapeString(text) {
    const names = { "\b": "\\b", "\f": "\\f", "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\v": "\\v" };
    const escaped = text.replace(/[\b\f\r\n\t\0\v\\']/g, (char) => names[char] ?? `\\${char}`);
    return `'${escaped}'`;
}

function __escapeIdentifier(name) {
    return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function __printHogStringOutput(value) {
    return typeof value === "string" ? value : __printHogValue(value);
}

function __printHogValue(value, open = []) {
    if (value === null || value === undefined || open.includes(value)) {
        return "null";
    }
    if (typeof value === "string") {
        return __escapeString(value);
    }
    if (typeof value === "function") {
        return `fn<${__escapeIdentifier(value.name || "lambda")}(${value.length})>`;
    }
    if (typeof value !== "object") {
        return String(value);
    }
    return __printHogObject(value, (part) => __printHogValue(part, [...open, value]));
}

function __printHogObject(value, part) {
    if (Array.isArray(value)) {
        const items = value.map(part).join(", ");
        if (!value.__isHogTuple) {
            return `[${items}]`;
        }
        return value.length < 2 ? `tuple(${items})` : `(${items})`;
    }
    if (__isHogDateTime(value)) {
        const seconds = String(value.dt);
        return `DateTime(${seconds.includes(".") ? seconds : `${seconds}.0`}, ${__escapeString(value.zone)})`;
    }
    if (__isHogDate(value)) {
        return `Date(${value.year}, ${value.month}, ${value.day})`;
    }
    if (__isHogError(value)) {
        const payload = isNotNull(value.payload) ? `, ${part(value.payload)}` : "";
        return `${value.type}(${__escapeString(value.message)}${payload})`;
    }
    return `{${__entries(value).map(([key, item]) => `${part(key)}: ${part(item)}`).join(", ")}}`;
}

function __STLToString(value) {
    if (__isHogDate(value)) {
        return `${__pad(value.year, 4)}-${__pad(value.month, 2)}-${__pad(value.day, 2)}`;
    }
    return __isHogDateTime(value) ? __DateTimeToString(value) : __printHogStringOutput(value);
}

function toString(value) {
    return __STLToString(value);
}

function toUUID(value) {
    return __STLToString(value);
}

function toInt(value) {
    if (__isHogDateTime(value)) {
        return Math.floor(value.dt);
    }
    if (__isHogDate(value)) {
        return Date.UTC(value.year, value.month - 1, value.day) / 86400000;
    }
    const number = parseInt(value);
    return Number.isNaN(number) ? null : number;
}

function toFloat(value) {
    if (__isHogDateTime(value)) {
        return value.dt;
    }
    if (__isHogDate(value)) {
        return Date.UTC(value.year, value.month - 1, value.day) / 86400000;
    }
    const number = parseFloat(value);
    return Number.isNaN(number) ? null : number;
}
