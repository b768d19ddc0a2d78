// Arrays and objects.

function keys(object) {
    if (Array.isArray(object)) {
        return Array.from(object.keys());
    }
    if (object instanceof Map) {
        return Array.from(object.keys());
    }
    return __isObject(object) ? Object.keys(object) : [];
}

function values(object) {
    if (Array.isArray(object)) {
        return [...object];
    }
    if (object instanceof Map) {
        return Array.from(object.values());
    }
    return __isObject(object) ? Object.values(object) : [];
}

function length(value) {
    if (__isObject(value) && !__isHogDate(value) && !__isHogDateTime(value)) {
        return value instanceof Map ? value.size : Object.keys(value).length;
    }
    return typeof value === "string" || Array.isArray(value) ? value.length : null;
}

function empty(value) {
    if (typeof value === "number" || typeof value === "boolean") {
        return false;
    }
    if (__isObject(value)) {
        return (value instanceof Map ? value.size : Object.keys(value).length) === 0;
    }
    return !value || value.length === 0;
}

function notEmpty(value) {
    return !empty(value);
}

function has(items, value) {
    return Array.isArray(items) && items.includes(value);
}

function indexOf(items, value) {
    return Array.isArray(items) ? items.indexOf(value) + 1 : 0;
}

function arrayPushBack(items, value) {
    return Array.isArray(items) ? [...items, value] : [value];
}

function arrayPushFront(items, value) {
    return Array.isArray(items) ? [value, ...items] : [value];
}

function arrayPopBack(items) {
    return Array.isArray(items) ? items.slice(0, -1) : [];
}

function arrayPopFront(items) {
    return Array.isArray(items) ? items.slice(1) : [];
}

function arrayReverse(items) {
    return Array.isArray(items) ? [...items].reverse() : [];
}

function arraySort(items) {
    return Array.isArray(items) ? [...items].sort() : [];
}

function arrayReverseSort(items) {
    return Array.isArray(items) ? [...items].sort().reverse() : [];
}

function arrayStringConcat(items, separator) {
    return Array.isArray(items) ? items.join(separator ?? "") : "";
}

function arrayMap(fn, items) {
    return values(items).map((item) => fn(item));
}

function arrayFilter(fn, items) {
    return values(items).filter((item) => fn(item));
}

function arrayExists(fn, items) {
    return values(items).some((item) => fn(item));
}

function arrayCount(fn, items) {
    return values(items).filter((item) => fn(item)).length;
}

function arrayReduce(fn, items, initial) {
    return values(items).reduce((result, item) => fn(result, item), initial);
}

function inCohort(id, ids) {
    if (ids === null || ids === undefined) {
        const message = "inCohort() requires cohort membership to be loaded for this evaluation";
        throw __newHogError("Error", message, null);
    }
    return values(ids).some((item) => item == id);
}

function notInCohort(id, ids) {
    return !inCohort(id, ids);
}
