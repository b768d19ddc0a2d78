// Comparisons, choices and arithmetic in their function forms.

function ifNull(value, other) {
    return value ?? other;
}

function isNull(value) {
    return value === null || value === undefined;
}

function isNotNull(value) {
    return value !== null && value !== undefined;
}

function coalesce(...all) {
    return all.find((value) => value !== null && value !== undefined) ?? null;
}

function assumeNotNull(value) {
    if (value === null || value === undefined) {
        throw __newHogError("Error", "Value is null in assumeNotNull", null);
    }
    return value;
}

function equals(a, b) {
    return a === b;
}

function notEquals(a, b) {
    return a !== b;
}

function greater(a, b) {
    return a > b;
}

function greaterOrEquals(a, b) {
    return a >= b;
}

function less(a, b) {
    return a < b;
}

function lessOrEquals(a, b) {
    return a <= b;
}

function not(value) {
    return !value;
}

function and(...all) {
    return all.every(Boolean);
}

function or(...all) {
    return all.some(Boolean);
}

function __x_if(condition, then, otherwise) {
    return condition ? then : (otherwise ?? null);
}

function multiIf(...args) {
    for (let index = 0; index + 1 < args.length; index += 2) {
        if (args[index]) {
            return args[index + 1];
        }
    }
    return args.length % 2 ? args[args.length - 1] : null;
}

function __x_in(value, items) {
    return Array.isArray(items) && items.includes(value);
}

function __includes(items, value) {
    if (typeof items === "string") {
        return items.includes(String(value));
    }
    return Array.isArray(items) && items.includes(value);
}

function plus(a, b) {
    return a + b;
}

function minus(a, b) {
    return a - b;
}

function min2(a, b) {
    return a < b ? a : b;
}

function floor(value) {
    return Math.floor(value);
}

function round(value) {
    return Math.round(value);
}

function range(...args) {
    const [start, end] = args.length > 1 ? args : [0, args[0]];
    return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

function randomFloat() {
    return Math.random();
}

function __between(value, low, high) {
    return isNotNull(value) && isNotNull(low) && isNotNull(high) && value >= low && value <= high;
}

function __notBetween(value, low, high) {
    return isNotNull(value) && isNotNull(low) && isNotNull(high) && (value < low || value > high);
}
