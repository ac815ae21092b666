using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Somebody was let see or command something of a portal or device, or was refused it.</summary>
public sealed class Disclosure
{
    private readonly AccessRules _rules;
    private readonly AccessTarget _target;

    internal Disclosure(AccessRules rules, in AccessTarget target)
    {
        _rules = rules;
        _target = target;
    }

    /// <summary>When it was granted or refused, UTC.</summary>
    public required DateTime At { get; init; }

    public required AccessSubject Who { get; init; }

    /// <summary>The entity whose data it was then; null where nobody known owned it.</summary>
    public string? Owner { get; init; }

    /// <summary>The entity that lived at the premises then; null where nobody did.</summary>
    public string? Customer { get; init; }

    public required string Portal { get; init; }

    /// <summary>Null: the portal itself.</summary>
    public string? Device { get; init; }

    /// <summary>The name of the class of data; empty where it has none.</summary>
    public required string DataClass { get; init; }

    /// <summary>One of Read, ReadHistory, Write, Call and EditHistory.</summary>
    public required Operations Operation { get; init; }

    /// <summary>It was not granted.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Of history the stretch that was read, in whole days or up to the present, UTC; null for other operations.</summary>
    public DateTime? From { get; init; }

    /// <inheritdoc cref="From"/>
    public DateTime? Until { get; init; }

    /// <summary>Under which rule or agreement it was granted or refused, by the rules of that time. Slow: not for the thread that tells.</summary>
    public Decision Explain() => _rules.Explain(Who, Operation, _target);
}

/// <summary>Keeps what owners and customers may ask about: who saw or commanded what of theirs.</summary>
public interface IDisclosureSink
{
    /// <summary>
    /// Told at least once an hour, and seldom more often, for the same subject, device, data class and operation, on the thread that was granted it: returns at once, never throws. What a party does with its own is
    /// told as well.
    /// </summary>
    void Disclosed(Disclosure disclosure);
}
