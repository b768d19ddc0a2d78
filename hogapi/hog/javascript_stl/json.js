// JSON in and out.

function __parseOrNull(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

function jsonParse(text) {
    return JSON.parse(text, (key, value) => {
        if (__isHogError(value)) {
            return __newHogError(value.type, value.message, value.payload);
        }
        return value;
    });
}

function jsonStringify(value, spacing) {
    const open = [];
    const plain = (item) => {
        if (typeof item === "function") {
            return __printHogValue(item);
        }
        if (item === null || typeof item !== "object") {
            return item;
        }
        if (open.includes(item)) {
            return null;
        }
        open.push(item);
        let result;
        if (Array.isArray(item)) {
            result = item.map(plain);
        } else if (__isHogError(item)) {
            const { type, message, payload } = item;
            result = { __hogError__: true, type, message, payload: plain(payload) };
        } else {
            result = Object.fromEntries(__entries(item).map(([key, part]) => [key, plain(part)]));
        }
        open.pop();
        return result;
    };
    return JSON.stringify(plain(value) ?? null, null, spacing > 0 ? spacing : undefined);
}

function isValidJSON(text) {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}

function JSONHas(object, ...path) {
    let current = object;
    for (const key of path) {
        current = typeof current === "string" ? __parseOrNull(current) : current;
        if (Array.isArray(current)) {
            const index = key > 0 ? key - 1 : key < 0 ? current.length + key : -1;
            if (!Number.isInteger(index) || index < 0 || index >= current.length) {
                return false;
            }
            current = current[index];
        } else if (__isObject(current) && Object.prototype.hasOwnProperty.call(current, key)) {
            current = current[key];
        } else {
            return false;
        }
    }
    return true;
}

function JSONLength(object, ...path) {
    const value = __getNestedValue(object, path);
    if (Array.isArray(value)) {
        return value.length;
    }
    return __isObject(value) ? Object.keys(value).length : 0;
}

function JSONExtract(object, ...path) {
    return __getNestedValue(object, path.slice(0, -1));
}

function JSONExtractBool(object, ...path) {
    if (path.length === 0) {
        return (typeof object === "string" ? __parseOrNull(object) : object) === true;
    }
    return __getNestedValue(object, path) === true;
}

function JSONExtractInt(object, ...path) {
    const value = parseInt(__getNestedValue(object, path), 10);
    return Number.isNaN(value) ? null : value;
}

function JSONExtractFloat(object, ...path) {
    const value = parseFloat(__getNestedValue(object, path));
    return Number.isNaN(value) ? null : value;
}

function JSONExtractString(object, ...path) {
    const value = __getNestedValue(object, path);
    return value === null ? null : __isObject(value) ? JSON.stringify(value) : String(value);
}

function JSONExtractArrayRaw(object, ...path) {
    const value = __getNestedValue(object, path);
    return Array.isArray(value) ? value : null;
}
