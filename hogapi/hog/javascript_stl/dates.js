// Dates and times. A datetime is an instant (epoch seconds) with the name of a zone; zones come from Intl.

function __pad(number, width) {
    return String(number).padStart(width, "0");
}

// Lets < and > see the instant.
function __comparable(value, seconds) {
    return Object.defineProperty(value, "valueOf", { value: () => seconds });
}

function __toHogDate(year, month, day) {
    return __comparable({ __hogDate__: true, year, month, day }, Date.UTC(year, month - 1, day) / 1000);
}

function __toHogDateTime(seconds, zone) {
    return __comparable({ __hogDateTime__: true, dt: seconds, zone: zone || "UTC" }, seconds);
}

function __zoneOffset(seconds, zone) {
    if (zone === "UTC") {
        return 0;
    }
    const format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric", era: "short",
    });
    const part = {};
    for (const { type, value } of format.formatToParts(new Date(seconds * 1000))) {
        part[type] = Number(value);
    }
    const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) / 1000;
    return wall - Math.floor(seconds);
}

function __parts(value, zone) {
    if (__isHogDate(value)) {
        return { ...value, hour: 0, minute: 0, second: 0, ms: 0, offset: 0 };
    }
    const datetime = __isHogDateTime(value) ? value : toDateTime(value);
    if (!__isHogDateTime(datetime)) {
        throw __newHogError("Error", "Expected a Date or DateTime", null);
    }
    const offset = __zoneOffset(datetime.dt, zone || datetime.zone);
    const wall = new Date(Math.round((datetime.dt + offset) * 1000));
    return {
        year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate(),
        hour: wall.getUTCHours(), minute: wall.getUTCMinutes(), second: wall.getUTCSeconds(),
        ms: wall.getUTCMilliseconds(), offset,
    };
}

function __fromParts({ year, month, day, hour, minute, second, ms }, zone) {
    const wall = Date.UTC(year, month - 1, day, hour ?? 0, minute ?? 0, second ?? 0, ms ?? 0) / 1000;
    const early = wall - __zoneOffset(wall, zone);
    const offset = __zoneOffset(early, zone);
    const instant = wall - offset;
    // A time that the clocks skip is as far behind the gap as it is into it.
    return __toHogDateTime(__zoneOffset(instant, zone) === offset ? instant : Math.max(early, instant), zone);
}

function __parseDateTime(text, zone) {
    const pattern =
        /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?$/;
    const found = pattern.exec(String(text).trim());
    if (!found) {
        return null;
    }
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
    const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) {
        return null;
    }
    const ms = Number((found[7] ?? "0").padEnd(3, "0").slice(0, 3));
    const parts = { year, month, day, hour, minute, second, ms };
    if (!found[8]) {
        return __fromParts(parts, zone || "UTC");
    }
    const [sign, hours, minutes] = /z/i.test(found[8])
        ? [1, 0, 0]
        : [found[8][0] === "-" ? -1 : 1, Number(found[8].slice(1, 3)), Number(found[8].slice(3).replace(":", "") || 0)];
    return __toHogDateTime(__fromParts(parts, "UTC").dt - sign * (hours * 3600 + minutes * 60), "UTC");
}

function __DateTimeToString(value) {
    const part = __parts(value);
    const sign = part.offset < 0 ? "-" : "+";
    const minutes = Math.abs(part.offset) / 60;
    const zone = value.zone === "UTC" ? "Z" : `${sign}${__pad(Math.floor(minutes / 60), 2)}:${__pad(minutes % 60, 2)}`;
    const date = `${__pad(part.year, 4)}-${__pad(part.month, 2)}-${__pad(part.day, 2)}`;
    return `${date}T${__pad(part.hour, 2)}:${__pad(part.minute, 2)}:${__pad(part.second, 2)}.${__pad(part.ms, 3)}${zone}`;
}

function now() {
    return __toHogDateTime(Date.now() / 1000, "UTC");
}

function today() {
    const { year, month, day } = __parts(now());
    return __toHogDate(year, month, day);
}

function toDateTime(value, zone) {
    if (__isHogDateTime(value)) {
        return value;
    }
    if (__isHogDate(value)) {
        return __fromParts(value, zone || "UTC");
    }
    return typeof value === "number" ? __toHogDateTime(value, zone || "UTC") : __parseDateTime(value, zone);
}

function toDate(value) {
    if (__isHogDate(value)) {
        return value;
    }
    const datetime = toDateTime(value);
    if (datetime === null) {
        return null;
    }
    const { year, month, day } = __parts(datetime);
    return __toHogDate(year, month, day);
}

function toUnixTimestamp(value, zone) {
    return toDateTime(value, zone)?.dt ?? null;
}

function toUnixTimestampMilli(value, zone) {
    const seconds = toUnixTimestamp(value, zone);
    return seconds === null ? null : seconds * 1000;
}

function fromUnixTimestamp(seconds) {
    return __toHogDateTime(seconds, "UTC");
}

function fromUnixTimestampMilli(milliseconds) {
    return __toHogDateTime(milliseconds / 1000, "UTC");
}

function toTimeZone(value, zone) {
    if (!__isHogDateTime(value)) {
        throw __newHogError("Error", "Expected a DateTime", null);
    }
    return __toHogDateTime(value.dt, zone);
}

function toYear(value) {
    return __parts(value).year;
}

function toMonth(value) {
    return __parts(value).month;
}

function toYYYYMM(value) {
    const { year, month } = __parts(value);
    return year * 100 + month;
}

function extract(part, value) {
    const parts = __parts(value);
    if (!["year", "month", "day", "hour", "minute", "second"].includes(part)) {
        throw __newHogError("Error", `Unknown extract part: ${part}`, null);
    }
    return parts[part];
}

function dateTrunc(unit, value) {
    if (!__isHogDateTime(value)) {
        throw __newHogError("Error", "Expected a DateTime for dateTrunc", null);
    }
    const units = ["year", "month", "day", "hour", "minute"];
    if (!units.includes(unit)) {
        throw __newHogError("Error", `Unsupported unit for dateTrunc: ${unit}`, null);
    }
    const { year, month, day, hour, minute } = __parts(value);
    const parts = [year, month, day, hour, minute].slice(0, units.indexOf(unit) + 1);
    const [y, m = 1, d = 1, h = 0, min = 0] = parts;
    return __fromParts({ year: y, month: m, day: d, hour: h, minute: min }, value.zone);
}

function toStartOfDay(value) {
    return dateTrunc("day", toDateTime(value));
}

function toStartOfHour(value) {
    return dateTrunc("hour", toDateTime(value));
}

function toStartOfMonth(value) {
    return dateTrunc("month", toDateTime(value));
}

function toStartOfWeek(value) {
    const day = toStartOfDay(value);
    const { year, month, day: date } = __parts(day);
    const weekday = (new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 6) % 7;
    return __fromParts({ year, month, day: date - weekday }, day.zone);
}

function dateAdd(unit, amount, value) {
    const isDate = __isHogDate(value);
    const datetime = toDateTime(value);
    const parts = __parts(datetime);
    const seconds = { second: 1, minute: 60, hour: 3600 }[unit];
    let result;
    if (seconds) {
        result = __toHogDateTime(datetime.dt + amount * seconds, datetime.zone);
    } else if (unit === "day" || unit === "week") {
        const days = amount * (unit === "week" ? 7 : 1);
        const whole = Math.trunc(days);
        result = __fromParts({ ...parts, day: parts.day + whole }, datetime.zone);
        result = __toHogDateTime(result.dt + (days - whole) * 86400, datetime.zone);
    } else if (unit === "month" || unit === "year") {
        const months = parts.year * 12 + parts.month - 1 + amount * (unit === "year" ? 12 : 1);
        const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
        const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
        result = __fromParts({ ...parts, year, month, day: Math.min(parts.day, days) }, datetime.zone);
    } else {
        throw __newHogError("Error", `Unsupported interval unit: ${unit}`, null);
    }
    return isDate ? toDate(result) : result;
}

function addDays(value, days) {
    return dateAdd("day", days, value);
}

function dateDiff(unit, from, to) {
    const [start, end] = [toDateTime(from), toDateTime(to)];
    const seconds = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800 }[unit];
    if (seconds) {
        return Math.floor((end.dt - start.dt) / seconds);
    }
    const [a, b] = [__parts(start), __parts(end)];
    if (unit === "month") {
        return (b.year - a.year) * 12 + b.month - a.month;
    }
    if (unit === "year") {
        return b.year - a.year;
    }
    throw __newHogError("Error", `Unsupported unit for dateDiff: ${unit}`, null);
}

function __toInterval(value, unit) {
    return { __hogInterval__: true, value, unit };
}

function toIntervalDay(value) {
    return __toInterval(value, "day");
}

function toIntervalHour(value) {
    return __toInterval(value, "hour");
}

function toIntervalMinute(value) {
    return __toInterval(value, "minute");
}

function toIntervalMonth(value) {
    return __toInterval(value, "month");
}

function formatDateTime(value, format, zone) {
    if (!__isHogDateTime(value)) {
        throw __newHogError("Error", "Expected a DateTime", null);
    }
    const part = __parts(value, zone);
    const day = new Date(Date.UTC(part.year, part.month - 1, part.day));
    const name = (options) => day.toLocaleDateString("en-US", { ...options, timeZone: "UTC" });
    const two = (number) => __pad(number, 2);
    const hour12 = two(part.hour % 12 || 12);
    const half = part.hour < 12 ? "AM" : "PM";
    const weekday = day.getUTCDay() || 7;
    const dayOfYear = (day - Date.UTC(part.year, 0, 1)) / 86400000 + 1;
    const thursday = new Date(day.getTime() + (4 - weekday) * 86400000);
    const week = Math.ceil(((thursday - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86400000 + 1) / 7);
    const minutes = Math.abs(part.offset) / 60;
    const tokens = {
        a: name({ weekday: "short" }), b: name({ month: "short" }), c: two(part.month), m: two(part.month),
        C: two(part.year % 100), g: two(part.year % 100), y: two(part.year % 100), d: two(part.day),
        D: `${two(part.month)}/${two(part.day)}/${two(part.year % 100)}`, e: String(part.day), f: __pad(part.ms, 3),
        F: `${part.year}-${two(part.month)}-${two(part.day)}`, G: part.year, Y: part.year, h: hour12, I: hour12,
        l: hour12, H: two(part.hour), k: two(part.hour), i: two(part.minute), j: __pad(dayOfYear, 3),
        M: name({ month: "long" }), n: "\n", p: half, Q: Math.ceil(part.month / 3),
        r: `${hour12}:${two(part.minute)} ${half}`, R: `${two(part.hour)}:${two(part.minute)}`, s: two(part.second),
        S: two(part.second), t: "\t", T: `${two(part.hour)}:${two(part.minute)}:${two(part.second)}`, u: weekday,
        V: two(week), w: weekday, W: name({ weekday: "long" }),
        z: `${part.offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`, "%": "%",
    };
    return format.replace(/%(.?)/gs, (_, token) => String(tokens[token] ?? ""));
}
