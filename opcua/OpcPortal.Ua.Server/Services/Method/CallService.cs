using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>Call: methods on objects. Part 4 5.12.2.</summary>
public sealed class CallService(AddressSpace addressSpace, AccessController access, ReferenceBrowser browser, ValueTypeCheck types, IAuditor auditor, OperationLimits limits, ILogger<CallService> logger)
    : Service<CallRequest, CallResponse>
{
    /// <summary>The methods of conditions, which need not be nodes; null: there are none.</summary>
    internal ConditionMethods? Conditions { get; init; }

    protected override async ValueTask<CallResponse> InvokeAsync(ServiceContext context, CallRequest request)
    {
        var count = OperationLimits.Check(request.MethodsToCall, limits.MaxNodesPerMethodCall);
        var pending = new ValueTask<Outcome>[count];
        var budget = new ReferenceBudget(limits.MaxReferencesPerRequest);
        for (var i = 0; i < count; i++) pending[i] = Call(context.Access, request.MethodsToCall![i], budget, context.Cancellation);
        var results = await Operations.CompleteAsync(pending, static status => new Outcome(status), logger).ConfigureAwait(false);
        for (var i = 0; i < count; i++)
        {
            var called = request.MethodsToCall![i];
            var result = results.Items[i].Result;
            auditor.Called(AuditedAction.Of(context, result.StatusCode) with { ConditionOf = results.Items[i].ConditionOf }, called.ObjectId, called.MethodId, called.InputArguments, result.OutputArguments);
        }

        results.ThrowIfCancelled();
        return new CallResponse { Results = Array.ConvertAll(results.Items, static item => item.Result), DiagnosticInfos = DiagnosticsOf(context, results.Items) };
    }

    // Part 4 7.32 (RequestHeader returnDiagnostics): bit 7, AdditionalInfo of each operation. The list is empty where nothing was asked for or there is nothing to tell.
    private const uint OperationAdditionalInfo = 0x80;

    private static DiagnosticInfo?[]? DiagnosticsOf(ServiceContext context, Outcome[] outcomes) =>
        (context.RequestHeader.ReturnDiagnostics & OperationAdditionalInfo) == 0 || Array.TrueForAll(outcomes, static outcome => outcome.Reason is null)
            ? null
            : Array.ConvertAll(outcomes, static outcome => outcome.Reason is null ? null : new DiagnosticInfo { AdditionalInfo = outcome.Reason });

    private readonly record struct Outcome(CallMethodResult Result, string? Reason = null)
    {
        /// <summary>The source of the condition that the call was about.</summary>
        public NodeId ConditionOf { get; init; }

        public Outcome(StatusCode status) : this(new CallMethodResult { StatusCode = status })
        {
        }
    }

    private async ValueTask<Outcome> Call(AccessContext who, CallMethodRequest request, ReferenceBudget budget, CancellationToken cancellation)
    {
        var conditionOf = default(NodeId);
        NodeGrant method;
        StatusCode status;
        if (Conditions is null || !Conditions.TryResolve(who, request, out method, out conditionOf, out status)) status = Resolve(who, request, budget, out method);
        return await Call(who, request, method, status, cancellation).ConfigureAwait(false) with { ConditionOf = conditionOf };
    }

    private async ValueTask<Outcome> Call(AccessContext who, CallMethodRequest request, NodeGrant method, StatusCode status, CancellationToken cancellation)
    {
        if (status.IsBad) return new Outcome(status);
        var arguments = request.InputArguments ?? [];
        status = CheckArguments(DeclaredArguments(method.Node), arguments, out var argumentResults);
        if (status.IsBad) return new Outcome(new CallMethodResult { StatusCode = status, InputArgumentResults = argumentResults });
        var result = await method.Node.Source.CallAsync(method, new MethodCall(who, request.ObjectId, request.MethodId, arguments), cancellation).ConfigureAwait(false);
        return new Outcome(new CallMethodResult { StatusCode = result.Status, OutputArguments = result.OutputArguments, InputArgumentResults = result.InputArgumentResults }, result.Reason);
    }

    // Part 3 8.55: Call is needed on the object as well as on the method.
    private StatusCode Resolve(AccessContext who, CallMethodRequest request, ReferenceBudget budget, out NodeGrant method)
    {
        method = default;
        var status = access.Resolve(who, request.ObjectId, PermissionType.Browse, out var target);
        if (status.IsBad) return status;
        // Part 4 5.12.2.4: so for what is neither an Object nor an ObjectType.
        if (target.Node.NodeClass is not (NodeClass.Object or NodeClass.ObjectType)) return StatusCodes.BadNodeIdInvalid;
        if (access.Resolve(who, request.MethodId, PermissionType.Browse, out var named).IsBad || named.Node.NodeClass != NodeClass.Method) return StatusCodes.BadMethodInvalid;
        if (!TryFindOn(who, target.Node, named.Node, budget, out var own)) return budget.IsSpent ? StatusCodes.BadQueryTooComplex : StatusCodes.BadMethodInvalid;
        status = access.Authorize(who, target.Node, PermissionType.Call, out _);
        if (status.IsGood) status = access.Authorize(who, own, PermissionType.Call, out method);
        if (status.IsBad) return status;
        var isExecutable = own.Source.ReadAttribute(own, AttributeIds.Executable, [], out var executable).IsGood && executable.AsBoolean();
        return isExecutable ? StatusCodes.Good : StatusCodes.BadNotExecutable;
    }

    // Part 4 5.12.2.2: the method of the object, or that of its type, which stands for the object's own where it has one.
    private bool TryFindOn(AccessContext who, in NodeRef target, in NodeRef named, ReferenceBudget budget, out NodeRef own)
    {
        if (HasComponent(who, target, named.NodeId, default, budget, out own)) return true;
        var name = named.Source.BrowseNameOf(named);
        var type = target.NodeClass == NodeClass.Object ? target.Source.TypeDefinitionOf(target) : browser.BaseOf(target.NodeId);
        for (; !type.IsNull && addressSpace.TryResolve(type, out var typeNode); type = browser.BaseOf(type))
        {
            if (!HasComponent(who, typeNode, named.NodeId, default, budget, out _)) continue;
            if (!HasComponent(who, target, default, name, budget, out own)) own = named;
            return !budget.IsSpent;
        }

        return false;
    }

    private bool HasComponent(AccessContext who, in NodeRef node, in NodeId id, in QualifiedName name, ReferenceBudget budget, out NodeRef component)
    {
        browser.TryFilter(BrowseDirection.Forward, ReferenceTypeIds.HasComponent, includeSubtypes: true, out var filter);
        var cursor = default(ReferenceCursor);
        while (browser.TryNext(who, node, filter, budget, ref cursor, out var reference, out component))
        {
            if (component.IsNone || component.NodeClass != NodeClass.Method) continue;
            if (id.IsNull ? component.Source.BrowseNameOf(component) == name : reference.Target.NodeId == id) return true;
        }

        return false;
    }

    // The declaration is the server's own: it is read whether or not the user may.
    private Argument[] DeclaredArguments(in NodeRef method)
    {
        browser.TryFilter(BrowseDirection.Forward, ReferenceTypeIds.HasProperty, includeSubtypes: true, out var filter);
        var cursor = default(ReferenceCursor);
        while (method.Source.TryNextReference(method, filter, ref cursor, out var reference))
        {
            if (!addressSpace.TryResolve(reference.Target.NodeId, out var property)) continue;
            if (property.Source.BrowseNameOf(property) is not { NamespaceIndex: 0, Name: "InputArguments" }) continue;
            var value = property.Source.ReadValue(access.ForServer(property)).Value;
            return Array.ConvertAll(value.AsArray<ExtensionObject?>() ?? [], static e => e?.Structure as Argument ?? new Argument { DataType = DataTypeIds.BaseDataType, ValueRank = -2 });
        }

        return [];
    }

    private StatusCode CheckArguments(Argument[] declared, Variant[] given, out StatusCode[]? results)
    {
        results = null;
        if (given.Length < declared.Length) return StatusCodes.BadArgumentsMissing;
        if (given.Length > declared.Length) return StatusCodes.BadTooManyArguments;
        var checks = new StatusCode[given.Length];
        for (var i = 0; i < given.Length; i++) checks[i] = types.Check(declared[i].DataType, declared[i].ValueRank, declared[i].ArrayDimensions, ref given[i]);
        if (Array.TrueForAll(checks, static c => c.IsGood)) return StatusCodes.Good;
        results = checks;
        return StatusCodes.BadInvalidArgument;
    }
}
