"""Names of the standard library (spec hog_language.md 5), for telling known functions from unknown ones."""

from __future__ import annotations

NAMES = frozenset(
    """
    concat toString toUUID toInt toFloat ifNull isNull isNotNull coalesce assumeNotNull length empty notEmpty tuple
    lower upper reverse print jsonParse jsonStringify JSONHas isValidJSON JSONLength JSONExtract JSONExtractBool
    JSONExtractInt JSONExtractFloat JSONExtractString JSONExtractArrayRaw base64Encode base64Decode tryBase64Decode
    encodeURLComponent decodeURLComponent tryDecodeURLComponent replaceOne replaceAll position
    positionCaseInsensitive trim trimLeft trimRight splitByString startsWith substring like ilike notLike notILike
    match extractRegex multiSearchAnyCaseInsensitive generateUUIDv4 randomFloat md5 sha1 sha256 md5Hex sha1Hex
    sha256Hex sha256HmacChain sha1HmacChain sha256HmacChainHex sha1HmacChainHex isIPAddressInRange keys values has
    indexOf arrayPushBack arrayPushFront arrayPopBack arrayPopFront arrayReverse arraySort arrayReverseSort
    arrayStringConcat now today toUnixTimestamp toUnixTimestampMilli fromUnixTimestamp fromUnixTimestampMilli
    toTimeZone toDate toDateTime formatDateTime dateAdd addDays dateDiff dateTrunc extract toYear toMonth toYYYYMM
    toStartOfDay toStartOfHour toStartOfMonth toStartOfWeek toIntervalDay toIntervalHour toIntervalMinute
    toIntervalMonth equals notEquals greater greaterOrEquals less lessOrEquals not and or if multiIf in plus minus
    min2 floor round range Error RetryError NotImplementedError HogError typeof sleep import arrayMap arrayFilter
    arrayExists arrayCount arrayReduce inCohort notInCohort sortableSemver
    """.split()  # noqa: SIM905 - a hundred quoted lines would say less
)
