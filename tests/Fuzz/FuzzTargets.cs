using OpcPortal.Fuzz.Targets;

namespace OpcPortal.Fuzz;

/// <summary>Every parser that bytes from outside reach.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        .. BinaryTargets.All, .. JsonTargets.All, .. TextTargets.All, .. ChannelTargets.All, .. SecurityTargets.All, .. NodeSetTargets.All, .. FieldTargets.All, .. ServerTargets.All, .. HistoryTargets.All, .. ContinuationTargets.All, .. StoredReadingTargets.All, .. BackupTargets.All, .. SubscriptionTargets.All,
        .. AgreementTargets.All,
    ];
}
