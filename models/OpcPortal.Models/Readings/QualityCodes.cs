using System.Collections.Frozen;

namespace OpcPortal.Models;

/// <summary>
/// The quality codes that are known by name: those of IEC 61968-9 Annex C (ReadingQualityType) and, from index 1001 on, those of this server's own rules. Others are carried and stored as
/// numbers, whatever they mean to those who set them.
/// </summary>
public static class QualityCodes
{
    public static readonly QualityMeaning DataValid = new(QualityCode.Valid, 0, "DataValid", "valid");
    public static readonly QualityMeaning Validated = new(QualityCode.Valid, 1, "Validated", "validated");

    public static readonly QualityMeaning DiagnosticsFlag = new(QualityCode.Diagnostics, 0, "DiagnosticsFlag", "the device diagnosed a fault");
    public static readonly QualityMeaning BatteryLow = new(QualityCode.Diagnostics, 1, "BatteryLow", "battery low");
    public static readonly QualityMeaning SensorFailure = new(QualityCode.Diagnostics, 3, "SensorFailure", "sensor failure");
    public static readonly QualityMeaning WatchdogFlag = new(QualityCode.Diagnostics, 4, "WatchdogFlag", "watchdog");
    public static readonly QualityMeaning ParityError = new(QualityCode.Diagnostics, 5, "ParityError", "parity error");
    public static readonly QualityMeaning CrcError = new(QualityCode.Diagnostics, 6, "CRCError", "checksum error");
    public static readonly QualityMeaning RamChecksumError = new(QualityCode.Diagnostics, 7, "RAMChecksumError", "memory error (RAM)");
    public static readonly QualityMeaning RomChecksumError = new(QualityCode.Diagnostics, 8, "ROMChecksumError", "memory error (ROM)");
    public static readonly QualityMeaning ClockError = new(QualityCode.Diagnostics, 9, "ClockError", "clock error");

    public static readonly QualityMeaning PowerQualityFlag = new(QualityCode.PowerQuality, 0, "PowerQualityFlag", "power quality");
    public static readonly QualityMeaning ExcessiveOutages = new(QualityCode.PowerQuality, 1, "ExcessiveOutageCount", "too many outages");
    public static readonly QualityMeaning PowerQualityCounter = new(QualityCode.PowerQuality, 2, "PqCounter", "power quality counter");
    public static readonly QualityMeaning ServiceDisconnectSwitching = new(QualityCode.PowerQuality, 3, "ServiceDisconnectSwitching", "the supply was switched");
    public static readonly QualityMeaning PowerFail = new(QualityCode.PowerQuality, 32, "PowerFail", "power failed");

    public static readonly QualityMeaning RevenueProtection = new(QualityCode.Tamper, 0, "RevenueProtection", "revenue protection");
    public static readonly QualityMeaning CoverOpened = new(QualityCode.Tamper, 1, "CoverOpened", "cover opened");
    public static readonly QualityMeaning LogicalDisconnect = new(QualityCode.Tamper, 2, "LogicalDisconnect", "logical disconnect");
    public static readonly QualityMeaning RevenueProtectionSuspect = new(QualityCode.Tamper, 3, "RevenueProtectionSuspect", "tampering suspected");
    public static readonly QualityMeaning ReverseRotation = new(QualityCode.Tamper, 4, "ReverseRotation", "reverse rotation");
    public static readonly QualityMeaning StaticData = new(QualityCode.Tamper, 5, "StaticDataFlag", "static data");

    public static readonly QualityMeaning CollectionAlarm = new(QualityCode.Collection, 0, "AlarmFlag", "alarm");
    public static readonly QualityMeaning Overflow = new(QualityCode.Collection, 1, "OverflowConditionDetected", "the register rolled over");
    public static readonly QualityMeaning PartialInterval = new(QualityCode.Collection, 2, "PartialInterval", "partial interval");
    public static readonly QualityMeaning LongInterval = new(QualityCode.Collection, 3, "LongInterval", "long interval");
    public static readonly QualityMeaning SkippedInterval = new(QualityCode.Collection, 4, "SkippedInterval", "skipped interval");
    public static readonly QualityMeaning TestData = new(QualityCode.Collection, 5, "TestData", "test data");
    public static readonly QualityMeaning ConfigurationChanged = new(QualityCode.Collection, 6, "ConfigurationChanged", "the configuration changed");
    public static readonly QualityMeaning NotRecording = new(QualityCode.Collection, 7, "NotRecording", "not recording");
    public static readonly QualityMeaning ResetOccurred = new(QualityCode.Collection, 8, "ResetOccurred", "the register was reset");
    public static readonly QualityMeaning ClockChanged = new(QualityCode.Collection, 9, "ClockChanged", "the clock was changed");
    public static readonly QualityMeaning LoadControlOccurred = new(QualityCode.Collection, 10, "LoadControlOccurred", "load was controlled");
    public static readonly QualityMeaning DstInEffect = new(QualityCode.Collection, 16, "DstInEffect", "daylight-saving time");
    public static readonly QualityMeaning TimeBias = new(QualityCode.Collection, 63, "TimeBias", "time bias");
    public static readonly QualityMeaning ClockSetForward = new(QualityCode.Collection, 64, "ClockSetForward", "the clock was set forward");
    public static readonly QualityMeaning ClockSetBack = new(QualityCode.Collection, 128, "ClockSetBackward", "the clock was set back");
    public static readonly QualityMeaning FailedProbe = new(QualityCode.Collection, 129, "FailedProbeAttempt", "the device did not answer");
    public static readonly QualityMeaning CustomerRead = new(QualityCode.Collection, 130, "CustomerRead", "read by the customer");
    public static readonly QualityMeaning ManualRead = new(QualityCode.Collection, 131, "ManualRead", "read by hand");
    public static readonly QualityMeaning DstChange = new(QualityCode.Collection, 259, "DstChangeOccurred", "daylight-saving time began or ended");

    public static readonly QualityMeaning OutOfRange = new(QualityCode.Reasonability, 256, "DataOutsideExpectedRange", "outside its range");
    public static readonly QualityMeaning ErrorCode = new(QualityCode.Reasonability, 257, "ErrorCode", "an error code in the place of a value");
    public static readonly QualityMeaning Suspect = new(QualityCode.Reasonability, 258, "Suspect", "suspect");
    public static readonly QualityMeaning KnownMissing = new(QualityCode.Reasonability, 259, "KnownMissingRead", "known to be missing");

    public static readonly QualityMeaning ValidationFailed = new(QualityCode.ValidationFailed, 0, "FailedValidation", "validation failed");
    public static readonly QualityMeaning ZeroUsage = new(QualityCode.ValidationFailed, 1, "FailedZeroUsage", "nothing was used");
    public static readonly QualityMeaning UsageOnInactiveMeter = new(QualityCode.ValidationFailed, 2, "FailedUsageOnInactiveMeter", "used while the supply is off");
    public static readonly QualityMeaning AboveLimit = new(QualityCode.ValidationFailed, 3, "FailedAboveLimit", "above the limit");
    public static readonly QualityMeaning BelowLimit = new(QualityCode.ValidationFailed, 4, "FailedBelowLimit", "below the limit");
    public static readonly QualityMeaning AboveShare = new(QualityCode.ValidationFailed, 5, "FailedAbovePercent", "far above like days");
    public static readonly QualityMeaning BelowShare = new(QualityCode.ValidationFailed, 6, "FailedBelowPercent", "far below like days");
    public static readonly QualityMeaning TouSum = new(QualityCode.ValidationFailed, 9, "FailedTouSum", "the sum of tariffs does not fit");

    public static readonly QualityMeaning FutureTime = new(QualityCode.ValidationFailed, 1001, "FailedFutureTime", "its time is in the future");
    public static readonly QualityMeaning TimeBeforeFleet = new(QualityCode.ValidationFailed, 1002, "FailedTimeBeforeFleet", "its time is before there was a fleet");
    public static readonly QualityMeaning Negative = new(QualityCode.ValidationFailed, 1003, "FailedNegative", "negative consumption");
    public static readonly QualityMeaning UnitMismatch = new(QualityCode.ValidationFailed, 1004, "FailedUnit", "the unit does not fit");
    public static readonly QualityMeaning Spike = new(QualityCode.ValidationFailed, 1005, "FailedSpike", "a spike");
    public static readonly QualityMeaning SumCheck = new(QualityCode.ValidationFailed, 1006, "FailedSumCheck", "intervals do not sum up to the register");
    public static readonly QualityMeaning IntervalSize = new(QualityCode.ValidationFailed, 1007, "FailedIntervalSize", "its time is not the end of an interval");
    public static readonly QualityMeaning Duplicate = new(QualityCode.ValidationFailed, 1008, "FailedDuplicate", "another value came for the same time");
    public static readonly QualityMeaning SiblingChannels = new(QualityCode.ValidationFailed, 1009, "FailedSiblingChannels", "the channels of the meter contradict each other");
    public static readonly QualityMeaning RegisterDecreased = new(QualityCode.ValidationFailed, 1010, "FailedRegisterDecreased", "the register went down");

    public static readonly QualityMeaning Edited = new(QualityCode.Edited, 0, "ManuallyEdited", "edited");
    public static readonly QualityMeaning Added = new(QualityCode.Edited, 1, "ManuallyAdded", "added");
    public static readonly QualityMeaning Rejected = new(QualityCode.Edited, 3, "ManuallyRejected", "rejected");

    public static readonly QualityMeaning Estimated = new(QualityCode.Estimated, 0, "EstimatedGeneric", "estimated");
    public static readonly QualityMeaning Interpolated = new(QualityCode.Estimated, 1001, "EstimatedByInterpolation", "estimated by interpolation");
    public static readonly QualityMeaning LikeDays = new(QualityCode.Estimated, 1002, "EstimatedByLikeDays", "estimated from like days");
    public static readonly QualityMeaning Profile = new(QualityCode.Estimated, 1003, "EstimatedByProfile", "estimated from a profile");
    public static readonly QualityMeaning RegisterProration = new(QualityCode.Estimated, 1004, "EstimatedByRegister", "estimated from the register");

    // An estimate for billing has the index of its method and 1000: whoever has only the code can tell.
    public static readonly QualityMeaning BillableInterpolated = new(QualityCode.Estimated, 2001, "BillableByInterpolation", "estimated by interpolation under the owner's rules");
    public static readonly QualityMeaning BillableLikeDays = new(QualityCode.Estimated, 2002, "BillableByLikeDays", "estimated from like days under the owner's rules");
    public static readonly QualityMeaning BillableProfile = new(QualityCode.Estimated, 2003, "BillableByProfile", "estimated from a profile under the owner's rules");
    public static readonly QualityMeaning BillableRegisterProration = new(QualityCode.Estimated, 2004, "BillableByRegister", "estimated from the register under the owner's rules");

    public static readonly QualityMeaning Indeterminate = new(QualityCode.Questionable, 0, "Indeterminate", "questionable");
    public static readonly QualityMeaning Accepted = new(QualityCode.Questionable, 1, "Acceptable", "questionable, accepted");

    public static readonly QualityMeaning DerivedDeterministic = new(QualityCode.Derived, 0, "DeterministicallyDerived", "derived");
    public static readonly QualityMeaning DerivedInferred = new(QualityCode.Derived, 1, "InferentiallyDerived", "inferred");

    public static readonly QualityMeaning Projected = new(QualityCode.Projected, 0, "ProjectedGeneric", "projected");

    private static readonly FrozenDictionary<int, QualityMeaning> ByNumbers = typeof(QualityCodes)
        .GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)
        .Select(field => (QualityMeaning)field.GetValue(null)!).ToFrozenDictionary(meaning => Key(meaning.Category, meaning.Index));

    /// <summary>All that are known, by category and index.</summary>
    public static IReadOnlyList<QualityMeaning> Known { get; } = [.. ByNumbers.Values.OrderBy(meaning => Key(meaning.Category, meaning.Index))];

    /// <summary>What a code says; null for codes of others.</summary>
    public static QualityMeaning? Find(QualityCode code) => ByNumbers.GetValueOrDefault(Key(code.Category, code.Index));

    /// <summary>A code for people, such as <c>known to be missing (3.5.259)</c>.</summary>
    public static string Describe(QualityCode code) => Find(code) is { } known ? $"{known.Text} ({code})" : code.ToString();

    private static int Key(ushort category, ushort index) => (category << 16) | index;
}
