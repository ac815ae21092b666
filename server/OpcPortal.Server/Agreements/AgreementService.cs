using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>An agreement that was put forward.</summary>
/// <param name="Overlapping">Ids of other agreements between the two that are about something in common and not over.</param>
public sealed record ProposedAgreement(Agreement Agreement, IReadOnlyList<string> Overlapping);

/// <summary>
/// Takes the parties' signed acts: proves them, applies them to the agreement and stores it, one act at a time. An act is stored whole or not at all, so a crash between two acceptances
/// leaves a proposal that can still be accepted. Nobody's key is ever here.
/// </summary>
public sealed class AgreementService : IDisposable
{
    /// <summary>The author of what the clock does.</summary>
    private const string Clock = "clock";

    /// <summary>Agreements that expire in one change: a year's end of ten thousand is a few of them, and acts get in between.</summary>
    private const int MaxExpiredAtOnce = 1_000;

    private readonly PortalDirectory _directory;
    private readonly IOwnershipView _ownership;
    private readonly AgreementOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _acting = new(1);

    public AgreementService(PortalDirectory directory, IOwnershipView ownership, AgreementOptions options, TimeProvider time)
    {
        _directory = directory;
        _ownership = ownership;
        _options = options;
        _time = time;
        Index = new AgreementIndex(directory);
    }

    /// <summary>Who has which.</summary>
    public AgreementIndex Index { get; }

    /// <summary>UTC; never before what was recorded already: a clock that is set back brings nothing back to life.</summary>
    public DateTime Now
    {
        get
        {
            var clock = _time.GetUtcNow().UtcDateTime;
            var last = _directory.LastRecordedAt;
            return clock > last ? clock : last;
        }
    }

    /// <summary>Takes a proposal.</summary>
    /// <param name="act">Signed for the document's id and terms.</param>
    /// <param name="caller">The entity that hands it over.</param>
    /// <exception cref="AgreementException">It is refused.</exception>
    public async Task<ProposedAgreement> ProposeAsync(AgreementDocument document, SignedAct act, string caller, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        var proposal = act with { Terms = document.Terms };
        await _acting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (act.Act != AgreementAct.Propose) throw new AgreementException(AgreementRefusal.State, $"The act is {act.Act}, not Propose.");
            var agreement = Taken(document.Id, proposal, caller);
            if (Index.ProposalsOf(caller) >= _options.MaxProposalsPerParty) throw new AgreementException(AgreementRefusal.TooMany, $"{caller} has put forward {_options.MaxProposalsPerParty} agreements: no more are taken.");
            var overlapping = OverlappingWith(agreement);
            await StoreAsync(agreement, act, cancellation).ConfigureAwait(false);
            return new ProposedAgreement(agreement, overlapping);
        }
        finally
        {
            _acting.Release();
        }
    }

    /// <summary>Takes any other act on an agreement.</summary>
    /// <param name="renewed">The new terms that the act puts forward; null for acts other than Renew.</param>
    /// <param name="caller">The entity that hands it over.</param>
    /// <exception cref="AgreementException">It is refused.</exception>
    public async Task<Agreement> ActAsync(string id, SignedAct act, AgreementTerms? renewed, string caller, CancellationToken cancellation = default)
    {
        await _acting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (act.Act == AgreementAct.Propose) throw new AgreementException(AgreementRefusal.State, "There is an agreement already: Propose makes a new one.");
            var agreement = Taken(id, act with { Terms = renewed }, caller);
            await StoreAsync(agreement, act, cancellation).ConfigureAwait(false);
            return agreement;
        }
        finally
        {
            _acting.Release();
        }
    }

    /// <summary>Lets those expire whose time is over; of the others nothing changes.</summary>
    /// <exception cref="AgreementException">It could not be stored.</exception>
    public async Task ExpireAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation = default)
    {
        foreach (var some in ids.Chunk(MaxExpiredAtOnce))
        {
            await _acting.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var now = Now;
                var expired = new List<object>(some.Length);
                foreach (var id in some)
                    if (_directory.Agreements.TryGetValue(id, out var agreement) && AgreementLifecycle.Expire(agreement, now) is var after && after != agreement) expired.Add(after);
                if (expired.Count > 0) await StoreAsync(expired, Clock, "Their period is over.", cancellation).ConfigureAwait(false);
            }
            finally
            {
                _acting.Release();
            }
        }
    }

    // In the order of what each check gives away: who is no party learns nothing of the agreement.
    private Agreement Taken(string id, SignedAct act, string caller)
    {
        var tables = _directory.Tables;
        var now = Now;
        if (caller != act.Party) throw new AgreementException(AgreementRefusal.NotAParty, $"{caller} cannot hand over an act of {act.Party}.");
        var agreement = tables.Agreements.GetValueOrDefault(id);
        if (act.Act != AgreementAct.Propose && (agreement is null || AgreementLifecycle.OtherParty(agreement.Terms, caller) is null)) throw new AgreementException(AgreementRefusal.Unknown, $"There is no agreement {id}.");
        CheckFresh(act);
        SignerCheck.Check(tables, act, now);
        var statement = AgreementLifecycle.StatementOf(id, agreement, act.Act, act.Terms) ?? throw new AgreementException(AgreementRefusal.State, "The act is about nothing: Propose and Renew bring terms.");
        if (AgreementSignature.Verify(act, statement) is not SignatureVerdict.Valid and var verdict) throw new AgreementException(AgreementRefusal.Signature, $"The signature does not hold: {Describe(verdict)}.");
        var step = AgreementLifecycle.Apply(id, agreement, act, now);
        if (step.Agreement is not { } taken) throw new AgreementException(act.Act == AgreementAct.Propose && agreement is not null ? AgreementRefusal.Unknown : AgreementRefusal.State, step.Refusal!);
        if (act.Act is AgreementAct.Propose or AgreementAct.Renew or AgreementAct.Accept) new TermsReview(id, statement.Terms, act.Party, tables, _ownership, now).Check();
        if (act.Terms is { } terms) CheckNotSaid(id, terms);
        return taken;
    }

    // By the clock as it is: what was signed by clocks that run right must not wait until ours has caught up. Replays are found by their nonce, for acts are kept for ever.
    private void CheckFresh(SignedAct act)
    {
        var clock = _time.GetUtcNow().UtcDateTime;
        if ((act.At - clock).Duration() > _options.ActTolerance) throw new AgreementException(AgreementRefusal.NotFresh, $"It was signed at {act.At:O}, and it is {clock:O}: more than {_options.ActTolerance} apart.");
    }

    private static string Describe(SignatureVerdict verdict) => verdict switch
    {
        SignatureVerdict.Wrong => "it was made with another key, or for another agreement, revision, act or terms",
        SignatureVerdict.KeyUnsuitable => $"an RSA key of {AgreementSignature.MinKeyBits} to {AgreementSignature.MaxKeyBits} bits is wanted",
        _ => "it cannot be read",
    };

    private void CheckNotSaid(string id, AgreementTerms terms)
    {
        foreach (var other in OpenBetween(terms))
            if (other.Id != id && other.Terms.Purpose == terms.Purpose && other.Terms.Period == terms.Period && AgreementCanonical.AreSame(other.Terms, terms)) throw new AgreementException(AgreementRefusal.Duplicate, $"{other.Id} says the same, and is {other.Status}.");
    }

    private List<string> OverlappingWith(Agreement agreement) => [.. from other in OpenBetween(agreement.Terms) where other.Id != agreement.Id && AgreementOverlap.Overlap(other.Terms, agreement.Terms) select other.Id];

    private IEnumerable<Agreement> OpenBetween(AgreementTerms terms)
    {
        var (grantor, grantee) = (Index.Of(terms.Grantor), Index.Of(terms.Grantee));
        var shorter = grantor.Count < grantee.Count ? grantor : grantee;
        var agreements = _directory.Agreements;
        for (var i = 0; i < shorter.Count; i++)
            if (agreements.TryGetValue(shorter[i], out var other) && AgreementLifecycle.IsOpen(other.Status) && other.Terms.Grantor == terms.Grantor && other.Terms.Grantee == terms.Grantee) yield return other;
    }

    private Task StoreAsync(Agreement agreement, SignedAct act, CancellationToken cancellation) =>
        StoreAsync([agreement], act.Signer, act.Reason is { } reason ? $"{act.Act}: {reason}" : act.Act.ToString(), cancellation);

    private async Task StoreAsync(IReadOnlyList<object> agreements, string author, string reason, CancellationToken cancellation)
    {
        try
        {
            await _directory.ApplyAsync(agreements, author, reason, cancellation).ConfigureAwait(false);
        }
        catch (DirectoryException failed)
        {
            throw new AgreementException(AgreementRefusal.NotStored, $"Nothing was changed. {failed.Message}", failed);
        }
    }

    public void Dispose()
    {
        Index.Dispose();
        _acting.Dispose();
    }
}
