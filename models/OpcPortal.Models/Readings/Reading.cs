namespace OpcPortal.Models;

/// <summary>
/// The status of a reading: the numbers are those of the OPC UA StatusCodes of the same name (OPC 10000-4 7.39, OPC 10000-8), so that nothing is translated on the way.
/// </summary>
public enum ReadingStatus : uint
{
    Good = 0,

    /// <summary>A write or command was handed on; whether the device has done it nobody knows yet.</summary>
    GoodCompletesAsynchronously = 0x002E0000,
    GoodLocalOverride = 0x00960000,
    Uncertain = 0x40000000,
    UncertainLastUsableValue = 0x40900000,
    UncertainSubstituteValue = 0x40910000,
    UncertainEngineeringUnitsExceeded = 0x40940000,
    BadCommunicationError = 0x80050000,
    BadDecodingError = 0x80070000,
    BadTimeout = 0x800A0000,
    BadWaitingForInitialData = 0x80320000,
    BadNotConnected = 0x808A0000,
    BadDeviceFailure = 0x808B0000,
    BadSensorFailure = 0x808C0000,
    BadOutOfService = 0x808D0000,
    BadNoData = 0x809B0000,
    BadConfigurationError = 0x80890000,
    BadNoCommunication = 0x80310000,
    BadOutOfRange = 0x803C0000,
    BadNotSupported = 0x803D0000,
    BadNotWritable = 0x803B0000,
    BadTypeMismatch = 0x80740000,
    BadResourceUnavailable = 0x80040000,
    BadUserAccessDenied = 0x801F0000,
}

/// <summary>One value of one point at one time, on its way from an adapter to those who want it.</summary>
/// <param name="Point">The point's number in the fleet: dense, so that stores keep columns.</param>
/// <param name="Value">None where the status is bad.</param>
/// <param name="SourceTime">When the device took it, UTC; when the adapter did, where the device has no clock.</param>
/// <param name="Status">Its OPC UA status.</param>
/// <param name="Quality">What the device or head end said of it; default where nothing.</param>
public readonly record struct Reading(int Point, PointValue Value, DateTime SourceTime, ReadingStatus Status = ReadingStatus.Good, QualityCode Quality = default);
