namespace OpcPortal.Ua.Server;

/// <summary>
/// The nodes of one or more namespaces, held or computed. All members are called from many threads at once and never block:
/// what takes time returns a task.
/// </summary>
public abstract class NodeSource
{
    /// <summary>Finds a node of this source's namespaces.</summary>
    public abstract bool TryResolve(in NodeId nodeId, out NodeRef node);

    /// <summary>
    /// Whether its nodes are no more: nobody may browse or read them, and who may read their history finds them by that alone.
    /// </summary>
    public virtual bool IsPast => false;

    public abstract NodeId NodeIdOf(in NodeRef node);

    /// <summary>The namespace of a node's id: asked at each access decision, so without making the id where that takes a text.</summary>
    public virtual ushort NamespaceIndexOf(in NodeRef node) => NodeIdOf(node).NamespaceIndex;

    public abstract NodeClass NodeClassOf(in NodeRef node);
    public abstract QualifiedName BrowseNameOf(in NodeRef node);

    /// <summary>The name in the first of <paramref name="locales"/> that the node has, else its default. Part 4 5.4.</summary>
    public abstract LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales);

    /// <summary>The type of an Object or Variable; null for other classes.</summary>
    public abstract NodeId TypeDefinitionOf(in NodeRef node);

    /// <summary>The permissions and restrictions set on the node itself; those left out come from its namespace.</summary>
    public abstract NodeSecurity SecurityOf(in NodeRef node);

    /// <summary>
    /// Reads an attribute other than Value, UserAccessLevel, UserExecutable, UserWriteMask, RolePermissions, UserRolePermissions and AccessRestrictions,
    /// which the attribute service derives.
    /// </summary>
    /// <param name="locales">Which text of a LocalizedText is wanted, best first.</param>
    /// <returns>BadAttributeIdInvalid where the node has no such attribute.</returns>
    public abstract StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value);

    /// <summary>The AccessLevelEx bits of a Variable: asked at each read of a value, so without a detour over a Variant. 0 for other classes.</summary>
    public abstract AccessLevelExType AccessLevelOf(in NodeRef node);

    /// <summary>The current value of a Variable or VariableType, with its own status and times; no index range applied.</summary>
    public abstract DataValue ReadValue(in NodeGrant grant);

    /// <summary>Writes the Value attribute. The service has checked access level, type and index range.</summary>
    public virtual ValueTask<StatusCode> WriteValueAsync(NodeGrant grant, DataValue value, CancellationToken cancellation) =>
        ValueTask.FromResult<StatusCode>(StatusCodes.BadNotWritable);

    /// <summary>Writes an attribute other than Value that the node's WriteMask allows.</summary>
    public virtual ValueTask<StatusCode> WriteAttributeAsync(NodeGrant grant, uint attributeId, Variant value, CancellationToken cancellation) =>
        ValueTask.FromResult<StatusCode>(StatusCodes.BadNotWritable);

    /// <summary>
    /// Steps to the next reference that the filter lets pass. The cursor starts as default and belongs to the source: with it a
    /// folder of a million children is paged without building the million.
    /// </summary>
    /// <returns>False after the last.</returns>
    public abstract bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference);

    /// <summary>Tells <paramref name="observer"/> of each change of the value until the returned object is disposed; null where the source cannot and must be sampled.</summary>
    public virtual IDisposable? Observe(in NodeGrant grant, IValueObserver observer) => null;

    /// <summary>The history of a Variable's values. The grant holds ReadHistory, InsertHistory, ModifyHistory or DeleteHistory, and more is not done by it.</summary>
    /// <returns>Null where none is kept.</returns>
    public virtual INodeHistory? HistoryOf(in NodeGrant grant) => null;

    /// <summary>Calls a Method. The service has checked the argument count and types against InputArguments.</summary>
    /// <param name="grant">The method node, granted for Call.</param>
    /// <param name="call">The object, the arguments and who calls.</param>
    public virtual ValueTask<MethodResult> CallAsync(NodeGrant grant, MethodCall call, CancellationToken cancellation) =>
        ValueTask.FromResult(new MethodResult(StatusCodes.BadNotImplemented));
}

/// <summary>Told of a new value on the thread that brought it: returns at once, never throws, never calls back into the source.</summary>
public interface IValueObserver
{
    void OnValueChanged(in DataValue value);
}

/// <summary>Where a walk over a node's references stands.</summary>
public struct ReferenceCursor
{
    public long Position;
    public object? State;
}

/// <summary>Which references are wanted. A null <see cref="ReferenceTypes"/> is every type.</summary>
/// <param name="Direction">Forward, Inverse or Both.</param>
/// <param name="ReferenceTypes">The wanted type with, where asked for, its subtypes.</param>
public readonly record struct ReferenceFilter(BrowseDirection Direction, IReadOnlySet<NodeId>? ReferenceTypes)
{
    /// <summary>
    /// Who asks, where it is a user: a hint for sources with very long lists, which may leave out what this user cannot see without looking at each. It is no permission: what
    /// is given is checked all the same.
    /// </summary>
    public AccessContext? Who { get; init; }

    public bool Passes(in NodeId referenceTypeId, bool isForward) =>
        (Direction == BrowseDirection.Both || isForward == (Direction == BrowseDirection.Forward))
        && (ReferenceTypes is null || ReferenceTypes.Contains(referenceTypeId));
}

/// <summary>A reference as seen from its node.</summary>
public readonly record struct NodeReferenceTarget(NodeId ReferenceTypeId, bool IsForward, ExpandedNodeId Target);

/// <summary>A method call on its way to the node.</summary>
/// <param name="Context">Who calls, over what channel.</param>
/// <param name="ObjectId">The object on which the method is called.</param>
/// <param name="MethodId">The method as the client named it.</param>
/// <param name="InputArguments">Of the declared number and types.</param>
public sealed record MethodCall(AccessContext Context, NodeId ObjectId, NodeId MethodId, Variant[] InputArguments)
{
    /// <summary>An argument declared as String: null where it was not given.</summary>
    public string? TextOf(int argument) => InputArguments[argument].ToObject() as string;
}

/// <summary>What a method gives back. Part 4 5.12.2.</summary>
/// <param name="Status">The result of the call.</param>
/// <param name="OutputArguments">Present when not bad.</param>
/// <param name="InputArgumentResults">A status for each argument where one was wrong.</param>
/// <param name="Reason">Why the call was refused, for people: a client that asks for it gets it as AdditionalInfo. Part 4 7.12 (DiagnosticInfo).</param>
public sealed record MethodResult(StatusCode Status, Variant[]? OutputArguments = null, StatusCode[]? InputArgumentResults = null, string? Reason = null);
