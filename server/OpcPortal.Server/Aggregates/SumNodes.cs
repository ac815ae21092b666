using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The nodes of sums below an agreement's object, computed when asked for: the folder <c>id/Aggregates</c>, a variable <c>id/Aggregates/ActivePower</c> for each sum, and its properties. The
/// grantee alone sees them: what is added up is its business, and the grantor could watch who comes under the floor.
/// </summary>
internal sealed class SumNodes
{
    /// <summary>Keys from here on are nodes of sums: the folder, then <see cref="Parts"/> for each summable point.</summary>
    public const long FirstKey = 1L << 20;

    private const int Parts = 3;
    private const int CountPart = 1;
    private const int UnitPart = 2;

    // Part 3 8.57, CurrentRead.
    private const byte CurrentRead = 1;

    private static readonly NodeId HasProperty = ReferenceTypeIds.HasProperty;
    private static readonly NodeId HasComponent = ReferenceTypeIds.HasComponent;
    private static readonly NodeId HasTypeDefinition = ReferenceTypeIds.HasTypeDefinition;

    private readonly PortalDirectory _directory;
    private readonly PortalGovernance _governance;
    private readonly SummablePoints _points;
    private readonly AgreementSums _sums;
    private readonly ushort _namespace;
    private readonly InstanceDeclaration _folder;
    private readonly InstanceDeclaration _sum;
    private readonly InstanceDeclaration _count;
    private readonly InstanceDeclaration _unit;
    private readonly string _prefix;

    public SumNodes(PortalDirectory directory, PortalGovernance governance, SummablePoints points, AgreementSums sums, AgreementModel model, ushort namespaceIndex)
    {
        _directory = directory;
        _governance = governance;
        _points = points;
        _sums = sums;
        _namespace = namespaceIndex;
        _folder = model.Aggregates;
        _sum = model.Sum;
        _count = model.BelowSum("CustomerCount");
        _unit = model.BelowSum("EngineeringUnits");
        _prefix = _folder.BrowseName.Name + "/";
    }

    /// <summary>The reference from an agreement's object to its sums; null where it gives none.</summary>
    public NodeReferenceTarget? OfAgreement(string agreement) =>
        _directory.Agreements.GetValueOrDefault(agreement) is { } known && GivesSums(known) ? new(HasComponent, true, IdOf(agreement, FirstKey)) : null;

    /// <param name="member">What follows the agreement's id.</param>
    public bool TryResolve(Agreement agreement, ReadOnlySpan<char> member, out long key)
    {
        key = FirstKey;
        if (!GivesSums(agreement)) return false;
        if (member.SequenceEqual(_folder.BrowseName.Name)) return true;
        if (!member.StartsWith(_prefix, StringComparison.Ordinal)) return false;
        member = member[_prefix.Length..];
        var part = 0;
        if (TryTakeOff(ref member, _count)) part = CountPart;
        else if (TryTakeOff(ref member, _unit)) part = UnitPart;
        if (_points.Find(member.ToString()) is not { } point || !_points.AreOf(agreement.Terms, point)) return false;
        key = KeyOf(point, part);
        return true;
    }

    /// <summary>What a user may do with the sums of an agreement.</summary>
    public PermissionType PermissionsOf(AccessContext who, Agreement agreement) =>
        (OperationsOf(who, agreement) & Operations.Read) != 0 ? PermissionType.Browse | PermissionType.Read : default;

    /// <summary>Whether a user may be told when a sum changes.</summary>
    public bool MayObserve(AccessContext who, Agreement agreement) => (OperationsOf(who, agreement) & Operations.Subscribe) != 0;

    public NodeId IdOf(string agreement, long key)
    {
        if (key == FirstKey) return new NodeId($"{agreement}/{_folder.BrowseName.Name}", _namespace);
        var name = $"{agreement}/{_prefix}{PointAt(key).Name}";
        return new NodeId(PartAt(key) == 0 ? name : $"{name}/{DeclarationAt(key).BrowseName.Name}", _namespace);
    }

    public NodeClass NodeClassAt(long key) => key == FirstKey ? NodeClass.Object : NodeClass.Variable;

    public QualifiedName BrowseNameAt(long key) => key == FirstKey || PartAt(key) != 0 ? DeclarationAt(key).BrowseName : new QualifiedName(PointAt(key).Name, _folder.BrowseName.NamespaceIndex);

    public NodeId TypeDefinitionAt(long key) => DeclarationAt(key).TypeDefinitionId;

    public AccessLevelExType AccessLevelAt(long key) => key == FirstKey ? default : (AccessLevelExType)CurrentRead;

    /// <summary>Its attributes but the value.</summary>
    public NodeRecord RecordAt(string agreement, long key)
    {
        var record = DeclarationAt(key).Node with { NodeId = IdOf(agreement, key), BrowseName = BrowseNameAt(key) };
        if (key == FirstKey) return record;
        record = record with { AccessLevelEx = CurrentRead };
        return PartAt(key) == 0 ? record with { DisplayNames = PointAt(key).DisplayNames } : record;
    }

    public DataValue ReadValue(Agreement agreement, long key)
    {
        var point = PointAt(key);
        // A renewal may have left the point out while somebody watches its sum.
        if (!GivesSums(agreement) || !_points.AreOf(agreement.Terms, point)) return DataValue.FromStatus(StatusCodes.BadNodeIdUnknown);
        return PartAt(key) switch
        {
            UnitPart => new DataValue(point.Unit),
            CountPart => _sums.Of(agreement, point).Customers,
            _ => _sums.Of(agreement, point).Value,
        };
    }

    /// <summary>A reference of a node by its place, from 0 on.</summary>
    /// <returns>False after the last; a null reference where there is none at this place.</returns>
    public bool TryReferenceAt(string agreement, long key, long place, out NodeReferenceTarget? reference)
    {
        reference = place switch
        {
            0 => new(HasTypeDefinition, true, TypeDefinitionAt(key)),
            1 => AboveOf(agreement, key),
            _ => null,
        };
        if (place < 2) return true;
        var below = (int)(place - 2);
        if (key != FirstKey)
        {
            if (PartAt(key) != 0 || below >= Parts - 1) return false;
            reference = new(HasProperty, true, IdOf(agreement, key + 1 + below));
            return true;
        }

        if (below >= _points.All.Count) return false;
        var point = _points.All[below];
        if (_directory.Agreements.GetValueOrDefault(agreement) is { } known && _points.AreOf(known.Terms, point)) reference = new(HasComponent, true, IdOf(agreement, KeyOf(point, 0)));
        return true;
    }

    private NodeReferenceTarget AboveOf(string agreement, long key) => key == FirstKey ? new(HasComponent, false, new NodeId(agreement, _namespace))
        : PartAt(key) == 0 ? new(HasComponent, false, IdOf(agreement, FirstKey)) : new(HasProperty, false, IdOf(agreement, key - PartAt(key)));

    // The rules in force decide, by whom the agreement is for, its period and its hours; managers, whom rules narrow by their power, are given no sums.
    private Operations OperationsOf(AccessContext who, Agreement agreement)
    {
        if (who.Subject is not AccessSubject { Power: ManagerPower.None } subject || subject.Entity != agreement.Terms.Grantee || !GivesSums(agreement)) return Operations.None;
        return _governance.RulesOf(subject).AggregateOf(agreement.Id)?.Operations ?? Operations.None;
    }

    // Its own floor, or one of those that it is based on: they bind it too.
    private bool GivesSums(Agreement agreement)
    {
        if (agreement.Status != AgreementStatus.Active || (agreement.Terms.Operations & Operations.Read) == 0) return false;
        var link = agreement;
        for (var links = 0; links <= AgreementLimits.MaxDelegationLinks; links++)
        {
            if (link.Terms.Conditions.Floor is not null) return true;
            if (link.Terms.BasedOn is not { } basis || _directory.Agreements.GetValueOrDefault(basis) is not { } next) return false;
            link = next;
        }

        return false;
    }

    private static bool TryTakeOff(ref ReadOnlySpan<char> member, InstanceDeclaration property)
    {
        var name = property.BrowseName.Name.AsSpan();
        if (member.Length <= name.Length + 1 || !member.EndsWith(name, StringComparison.Ordinal) || member[^(name.Length + 1)] != '/') return false;
        member = member[..^(name.Length + 1)];
        return true;
    }

    private InstanceDeclaration DeclarationAt(long key) => key == FirstKey ? _folder : PartAt(key) switch { CountPart => _count, UnitPart => _unit, _ => _sum };

    private SummablePoint PointAt(long key) => _points.All[(int)((key - FirstKey - 1) / Parts)];

    private static int PartAt(long key) => (int)((key - FirstKey - 1) % Parts);

    private static long KeyOf(SummablePoint point, int part) => FirstKey + 1 + ((long)point.Number * Parts) + part;
}
