using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The methods of agreements and of their registry. Documents and acts come as JSON, which is what people and tools sign; the server proves and keeps them. A refusal has a status, and its
/// reason as AdditionalInfo.
/// </summary>
internal sealed class AgreementMethods(AgreementService service, AgreementNodes nodes, AgreementModel model, PolicyQuestions questions)
{
    private readonly AgreementStructures _structures = new(model);

    /// <summary>Lets the types' methods run here.</summary>
    public void BindTo(StaticNodes types)
    {
        foreach (var (name, act) in (ReadOnlySpan<(string, AgreementAct)>)
                 [("Accept", AgreementAct.Accept), ("Reject", AgreementAct.Reject), ("Suspend", AgreementAct.Suspend), ("Resume", AgreementAct.Resume), ("Revoke", AgreementAct.Revoke)])
            Bind(model.AgreementType, name, (call, cancellation) => ActAsync(call, act, null, 0, cancellation));
        Bind(model.AgreementType, "Renew", RenewAsync);
        Bind(model.RegistryType, "Propose", ProposeAsync);
        Bind(model.RegistryType, "Explain", ExplainAsync);
        Bind(model.RegistryType, "CheckPermissions", (call, _) => ValueTask.FromResult(CheckPermissions(call)));
        Bind(model.RegistryType, "DryRun", DryRunAsync);

        void Bind(NodeId type, string name, Func<MethodCall, CancellationToken, ValueTask<MethodResult>> handler) =>
            types.BindMethod(model.Method(type, name), (call, cancellation) => GuardAsync(handler, call, cancellation));
    }

    private static async ValueTask<MethodResult> GuardAsync(Func<MethodCall, CancellationToken, ValueTask<MethodResult>> handler, MethodCall call, CancellationToken cancellation)
    {
        try
        {
            return await handler(call, cancellation).ConfigureAwait(false);
        }
        catch (AgreementFormatException malformed)
        {
            return new MethodResult(StatusCodes.BadInvalidArgument, Reason: malformed.Message);
        }
        catch (AgreementException refused)
        {
            return new MethodResult(StatusOf(refused.Refusal), Reason: refused.Message);
        }
        catch (ServiceException refused)
        {
            return new MethodResult(refused.Status, Reason: refused.Message);
        }
    }

    private static StatusCode StatusOf(AgreementRefusal refusal) => refusal switch
    {
        AgreementRefusal.Unknown => StatusCodes.BadNodeIdUnknown,
        AgreementRefusal.NotAParty => StatusCodes.BadUserAccessDenied,
        AgreementRefusal.Signature => StatusCodes.BadSecurityChecksFailed,
        AgreementRefusal.NotFresh => StatusCodes.BadInvalidTimestamp,
        AgreementRefusal.State => StatusCodes.BadInvalidState,
        AgreementRefusal.Terms => StatusCodes.BadRequestNotAllowed,
        AgreementRefusal.Duplicate => StatusCodes.BadEntryExists,
        AgreementRefusal.TooMany => StatusCodes.BadTooManyOperations,
        _ => StatusCodes.BadResourceUnavailable,
    };

    private async ValueTask<MethodResult> ProposeAsync(MethodCall call, CancellationToken cancellation)
    {
        var document = AgreementDocument.Read(Text(call, 0));
        var proposed = await service.ProposeAsync(document, AgreementDocument.ReadAct(Text(call, 1)), CallerOf(call), cancellation).ConfigureAwait(false);
        return new MethodResult(StatusCodes.Good, [nodes.IdOf(proposed.Agreement.Id), new Variant(proposed.Overlapping.Select(nodes.IdOf).ToArray())]);
    }

    private ValueTask<MethodResult> RenewAsync(MethodCall call, CancellationToken cancellation)
    {
        var document = AgreementDocument.Read(Text(call, 0));
        if (document.Id != nodes.AgreementAt(call.ObjectId)?.Id) throw new AgreementFormatException("id: the document is of another agreement.");
        return ActAsync(call, AgreementAct.Renew, document.Terms, 1, cancellation);
    }

    private async ValueTask<MethodResult> ActAsync(MethodCall call, AgreementAct expected, AgreementTerms? renewed, int argument, CancellationToken cancellation)
    {
        if (nodes.AgreementAt(call.ObjectId) is not { } agreement) return new MethodResult(StatusCodes.BadNodeIdUnknown);
        var act = AgreementDocument.ReadAct(Text(call, argument));
        if (act.Act != expected) throw new AgreementFormatException($"act: the method is {expected}.");
        var after = await service.ActAsync(agreement.Id, act, renewed, CallerOf(call), cancellation).ConfigureAwait(false);
        return new MethodResult(StatusCodes.Good, [(int)after.Status]);
    }

    private async ValueTask<MethodResult> ExplainAsync(MethodCall call, CancellationToken cancellation)
    {
        // Part 6 5.2.2.5: the null DateTime; nothing was recorded before it.
        var asOf = call.InputArguments[3].AsDateTime();
        var decision = await questions.ExplainAsync(call.Context, call.InputArguments[0].AsString(), call.InputArguments[1].AsNodeId(), OperationOf(call, 2), asOf == DateTime.MinValue ? null : asOf, cancellation).ConfigureAwait(false);
        return new MethodResult(StatusCodes.Good, [decision.IsAllowed, PolicyQuestions.TextOf(decision), decision.Until]);
    }

    private MethodResult CheckPermissions(MethodCall call) =>
        new(StatusCodes.Good, [new Variant(questions.Check(call.Context, call.InputArguments[0].AsArray<NodeId>() ?? [], OperationOf(call, 1)))]);

    private async ValueTask<MethodResult> DryRunAsync(MethodCall call, CancellationToken cancellation)
    {
        var comparison = await questions.DryRunAsync(call.Context, PolicyProposal.Read(Text(call, 0)), cancellation).ConfigureAwait(false);
        return new MethodResult(StatusCodes.Good, [comparison.Replayed, _structures.Of(comparison.Totals), PolicyQuestions.TextOf(comparison)]);
    }

    private static Operations OperationOf(MethodCall call, int argument) => (Operations)call.InputArguments[argument].AsByte();

    private static string Text(MethodCall call, int argument) => call.InputArguments[argument].AsString() ?? throw new AgreementFormatException("There is nothing in it.");

    private static string CallerOf(MethodCall call) =>
        (call.Context.Subject as AccessSubject)?.Entity ?? throw new ServiceException(StatusCodes.BadUserAccessDenied, "Who calls belongs to no known entity.");
}
