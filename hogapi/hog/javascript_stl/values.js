// What values are: tagged objects, tuples, properties, equality of the language's own kinds.

function __lambda(fn) {
    return fn;
}

function __isObject(value) {
    return value !== null && typeof value === "object" && !Array.isArray(value);
}

function __isHogDate(value) {
    return __isObject(value) && value.__hogDate__ === true && "year" in value && "month" in value && "day" in value;
}

function __isHogDateTime(value) {
    return __isObject(value) && value.__hogDateTime__ === true && "dt" in value && "zone" in value;
}

function __isHogInterval(value) {
    return __isObject(value) && value.__hogInterval__ === true && "value" in value && "unit" in value;
}

function __isHogError(value) {
    return __isObject(value) && value.__hogError__ === true;
}

function __isHogCallable(value) {
    return typeof value === "function";
}

function __getProperty(object, key, nullish) {
    if (object === null || object === undefined || typeof object !== "object") {
        return null;
    }
    if (Array.isArray(object)) {
        const index = Number(key);
        if (!Number.isInteger(index) || index === 0) {
            return null;
        }
        return object[index > 0 ? index - 1 : object.length + index] ?? null;
    }
    if (object instanceof Map) {
        return object.get(key) ?? null;
    }
    if (Object.prototype.hasOwnProperty.call(object, key) || (__isHogError(object) && key === "message")) {
        return object[key] ?? null;
    }
    return null;
}

function __setProperty(object, key, value) {
    if (Array.isArray(object)) {
        if (!(key > 0)) {
            throw __newHogError("Error", "Hog arrays start from index 1", null);
        }
        while (object.length < key - 1) {
            object.push(null);
        }
        object[key - 1] = value;
    } else if (object instanceof Map) {
        object.set(key, value);
    } else if (__isObject(object)) {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } else {
        throw __newHogError("Error", `Can not set ${key} on non-object: ${__x_typeof(object)}`, null);
    }
}

function __getNestedValue(object, path) {
    let current = object;
    if (path.length === 0) {
        const value = typeof object === "string" ? __parseOrNull(object) : object;
        return value !== null && typeof value === "object" ? value : null;
    }
    for (const key of path) {
        if (typeof current === "string") {
            current = __parseOrNull(current);
        }
        current = __getProperty(current, key, true);
        if (current === null) {
            return null;
        }
    }
    return current;
}

function __entries(object) {
    const all = values(object);
    return keys(object).map((key, index) => [key, all[index]]);
}

function __newHogError(type, message, payload) {
    const error = new Error(message || "An error occurred");
    error.__hogError__ = true;
    error.type = type || "Error";
    error.payload = payload ?? null;
    return error;
}

function __x_Error(message, payload) {
    return __newHogError("Error", message, payload);
}

function RetryError(message, payload) {
    return __newHogError("RetryError", message, payload);
}

function NotImplementedError(message, payload) {
    return __newHogError("NotImplementedError", message, payload);
}

function HogError(type, message, payload) {
    return __newHogError(type, message, payload);
}

function __x_typeof(value) {
    if (value === null || value === undefined) {
        return "null";
    }
    if (__isHogDateTime(value)) {
        return "datetime";
    }
    if (__isHogDate(value)) {
        return "date";
    }
    if (__isHogError(value)) {
        return "error";
    }
    if (typeof value === "function") {
        return "function";
    }
    if (Array.isArray(value)) {
        return value.__isHogTuple ? "tuple" : "array";
    }
    if (typeof value === "object") {
        return "__hx_ast" in value ? "sql" : "object";
    }
    if (typeof value === "number") {
        return Number.isInteger(value) ? "integer" : "float";
    }
    return typeof value;
}

function tuple(...items) {
    return Object.defineProperty(items, "__isHogTuple", { value: true });
}
