using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>What is known of a command when its adapter is done with it.</summary>
public enum CommandResult : byte
{
    /// <summary>It was not carried out, or nobody can say: the status tells why.</summary>
    Failed,

    /// <summary>The device has done it: it said so, and where it shows what it does, it shows that.</summary>
    Confirmed,

    /// <summary>The device, or what stands before it, has taken it; whether it was done, readings must show.</summary>
    Accepted,

    /// <summary>The device has taken it and shows something else: it does nothing, or somebody else holds it.</summary>
    Contradicted,

    /// <summary>The device answered when nobody waited any more.</summary>
    Late,

    /// <summary>The device has had the command of this id before, or has answered it before; it was not told again.</summary>
    Duplicate,
}

/// <summary>How a command went.</summary>
/// <param name="Result">What is known; <see cref="CommandResult.Failed"/> by default.</param>
/// <param name="Status">The same in one OPC UA status, as <see cref="IAdapter.ExecuteAsync"/> gives it. Bad where it failed and where the device contradicts it.</param>
/// <param name="Shown">What the device showed afterwards; None where nobody looked.</param>
/// <param name="Reason">One line for people; null where the result says all.</param>
public readonly record struct CommandOutcome(CommandResult Result, ReadingStatus Status, PointValue Shown = default, string? Reason = null)
{
    /// <summary>What a status alone says of a command.</summary>
    public static CommandOutcome Of(ReadingStatus status) => status switch
    {
        ReadingStatus.Good => new CommandOutcome(CommandResult.Confirmed, status),
        // Part 4 7.39.1: the two highest bits are the severity.
        _ when (uint)status >> 30 == 0 => new CommandOutcome(CommandResult.Accepted, status),
        _ => new CommandOutcome(CommandResult.Failed, status),
    };

    /// <summary>It did not work.</summary>
    /// <param name="status">Bad: why.</param>
    /// <param name="reason">For people.</param>
    public static CommandOutcome Failed(ReadingStatus status, string? reason = null) => new(CommandResult.Failed, status, default, reason);

    /// <summary>Its deadline passed before it was sent: nothing reached the device.</summary>
    public static CommandOutcome Expired { get; } = Failed(ReadingStatus.BadTimeout, "its deadline passed before it could be sent");
}

/// <summary>
/// Is told of answers that come when the outcome of their command was given already: late ones, and second ones. They change no outcome, but say something of the device. Thread-safe, returns at once.
/// </summary>
public interface ICommandAnswers
{
    /// <param name="device">The device's number in the fleet.</param>
    /// <param name="id">The id of the command as the device repeated it.</param>
    /// <param name="outcome"><see cref="CommandResult.Late"/> or <see cref="CommandResult.Duplicate"/>, and how the device says that it went.</param>
    void Tell(int device, string id, CommandOutcome outcome);
}

/// <summary>For where nobody wants to know.</summary>
internal sealed class UnheardAnswers : ICommandAnswers
{
    public void Tell(int device, string id, CommandOutcome outcome)
    {
    }
}
