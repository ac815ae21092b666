using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Models;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary>The acts of parties: <c>propose, accept, reject, suspend, resume, revoke, renew</c>. Each is signed here, and checked here first: what the server would refuse is not sent.</summary>
internal sealed class AgreementActs(CliContext context, ConnectionOptions options)
{
    private readonly AgreementParty.Options _party = new();
    private readonly Option<string?> _reason = new("--reason") { Description = "Why: part of what is signed, and kept." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Signs without asking." };

    public IEnumerable<Command> Create() =>
    [
        WithDocument("propose", AgreementAct.Propose, "Proposes an agreement to the other party.", id: null),
        Plain("accept", AgreementAct.Accept, "Accepts what the other party has proposed, or its new terms."),
        Plain("reject", AgreementAct.Reject, "Rejects what was proposed, or takes back one's own proposal."),
        Plain("suspend", AgreementAct.Suspend, "Suspends an agreement until it is resumed."),
        Plain("resume", AgreementAct.Resume, "Resumes what this party has suspended."),
        Plain("revoke", AgreementAct.Revoke, "Ends an agreement at once and for good."),
        WithDocument("renew", AgreementAct.Renew, "Puts new terms forward; the old ones hold until the other party accepts.", new Argument<string>("id") { Description = "The agreement." }),
    ];

    private Command Plain(string name, AgreementAct act, string description)
    {
        var id = new Argument<string>("id") { Description = "The agreement." };
        var command = WithOptions(new Command(name, description) { id });
        command.Run(context, options, (parsed, settings, cancellation) => RunAsync(parsed, settings, act, parsed.GetRequiredValue(id), terms: null, cancellation));
        return command;
    }

    private Command WithDocument(string name, AgreementAct act, string description, Argument<string>? id)
    {
        var file = new Argument<string>("file") { Description = "The agreement as JSON: id and terms." };
        var command = new Command(name, description);
        if (id is not null) command.Add(id);
        command.Add(file);
        WithOptions(command).Run(context, options, (parsed, settings, cancellation) =>
        {
            var document = Read(parsed.GetRequiredValue(file));
            if (id is not null && parsed.GetRequiredValue(id) != document.Id) throw new CliException(ExitCodes.Usage, $"The document is about {document.Id}, not {parsed.GetRequiredValue(id)}.");
            return RunAsync(parsed, settings, act, document.Id, document.Terms, cancellation);
        });
        return command;
    }

    private Command WithOptions(Command command)
    {
        _party.AddTo(command);
        command.Options.Add(_reason);
        command.Options.Add(_yes);
        return command;
    }

    /// <exception cref="CliException">It is no agreement.</exception>
    public static AgreementDocument Read(string file)
    {
        try
        {
            return AgreementDocument.Read(File.ReadAllText(file));
        }
        catch (AgreementFormatException wrong)
        {
            throw new CliException(ExitCodes.Usage, $"{file}: {wrong.Message}", "docs/guide-agreements.md shows how an agreement is written.");
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, ConnectionSettings settings, AgreementAct act, string id, AgreementTerms? terms, CancellationToken cancellation)
    {
        using var party = _party.Read(context, settings, parsed);
        await using var session = await Connector.ConnectAsync(context, settings, cancellation);
        var registry = await AgreementRegistry.FindAsync(session, cancellation);
        var agreement = act == AgreementAct.Propose ? null : await registry.ReadAsync(id, cancellation);
        if (agreement is not null && AgreementSignature.FlawOf(agreement) is { } flaw) throw new CliException(ExitCodes.Refused, $"What the server has is not what the parties signed. {flaw}", "Ask the server's Security Manager.");
        var now = context.Time.GetUtcNow().UtcDateTime;
        var unsigned = party.Begin(act, terms, parsed.GetValue(_reason), now);
        if (AgreementLifecycle.Apply(id, agreement, unsigned, now).Refusal is { } refusal) throw new CliException(ExitCodes.Refused, refusal, $"See how it stands: opcportal agreement show {id}");
        var statement = AgreementLifecycle.StatementOf(id, agreement, act, terms)!;
        if (!IsWanted(parsed, unsigned, statement)) throw new CliException(ExitCodes.Interrupted, "Nothing was signed.");
        var signed = party.Sign(unsigned, statement);
        await registry.ActAsync(id, signed, cancellation);
        if (settings.Json) context.WriteLine(AgreementDocument.Write(signed));
        else context.Output.MarkupLine($"[green]{Past(act)}:[/] {Markup.Escape(id)} [grey]by {Markup.Escape(party.Party)}, signed by {Markup.Escape(party.Signer)}[/]");
        return ExitCodes.Done;
    }

    // What is signed is shown as it is signed, so that nobody signs what he has not seen.
    private bool IsWanted(ParseResult parsed, SignedAct unsigned, ActStatement statement)
    {
        if (parsed.GetValue(_yes)) return true;
        context.Note($"This is signed:\n{AgreementCanonical.TextOf(unsigned, statement)}");
        return !context.CanAsk || context.Error.Confirm("Sign it?", defaultValue: false);
    }

    private static string Past(AgreementAct act) => act switch
    {
        AgreementAct.Propose => "proposed",
        AgreementAct.Accept => "accepted",
        AgreementAct.Reject => "rejected",
        AgreementAct.Suspend => "suspended",
        AgreementAct.Resume => "resumed",
        AgreementAct.Revoke => "revoked",
        _ => "new terms put forward",
    };
}
