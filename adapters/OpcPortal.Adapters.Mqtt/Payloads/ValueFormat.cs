namespace OpcPortal.Adapters.Mqtt;

/// <summary>What a point's value is, as <c>format</c> says.</summary>
internal enum ValueFormat : byte
{
    Real,
    Bool,
    Int,
    UInt,
    Text,
    Time,
}

/// <summary>How a payload is read, as <c>payload</c> says.</summary>
internal enum PayloadKind : byte
{
    /// <summary>One JSON value; <c>path</c> says where in it.</summary>
    Json,

    /// <summary>The whole payload is one value in UTF-8.</summary>
    Text,

    /// <summary>Binary: <c>at</c>, <c>length</c> and <c>byteOrder</c> say which bytes.</summary>
    Raw,
}

/// <summary>How a payload writes a time.</summary>
internal enum TimeFormat : byte
{
    /// <summary>ISO 8601; without an offset it is UTC.</summary>
    Iso8601,

    /// <summary>Seconds since 1970-01-01 UTC, with or without a fraction.</summary>
    EpochSeconds,
    EpochMilliseconds,
}

internal enum ByteOrder : byte
{
    Big,
    Little,
}

/// <summary>What a retained message is worth, as <c>retained</c> says. MQTT 5.0 3.3.1.3.</summary>
internal enum RetainedPolicy : byte
{
    /// <summary>A value with a time of its own is what it is; one without was true at some time, nobody knows when: UncertainLastUsableValue until a live one comes.</summary>
    Uncertain,

    /// <summary>The topic holds a state that the device only publishes when it changes: the retained value is the present one.</summary>
    Good,

    /// <summary>Retained values are passed over.</summary>
    Ignore,
}
