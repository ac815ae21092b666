namespace OpcPortal.Server;

/// <summary>What was changed at once.</summary>
/// <param name="Version">The version of the directory that has it.</param>
/// <param name="RecordedAt">UTC; never earlier than that of the change before.</param>
/// <param name="Author">Who changed it: the id of an individual, or what part of the server.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Changes">Empty where everything was so already.</param>
/// <param name="Tables">The directory with the change.</param>
public sealed record DirectoryChange(long Version, DateTime RecordedAt, string Author, string Reason, IReadOnlyList<RecordChange> Changes, DirectoryTables Tables)
{
    /// <summary>Whether a record of this type was changed.</summary>
    public bool Touches<T>() => Changes.Any(change => (change.After ?? change.Before) is T);
}

/// <summary>One record of a change.</summary>
/// <param name="Kind">Which table, such as <c>entity</c>.</param>
/// <param name="Before">Null: it is new.</param>
/// <param name="After">Null: it was removed.</param>
public sealed record RecordChange(string Kind, string Id, object? Before, object? After);

/// <summary>Takes a record out of the directory; that it was there stays recorded. What others refer to is ended by its period instead.</summary>
/// <param name="Kind">Which table, such as <c>rule</c>.</param>
public sealed record DirectoryRemoval(string Kind, string Id);

/// <summary>A change is refused. The message says why, for people.</summary>
public sealed class DirectoryException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The record that is at fault; null where it is none in particular.</summary>
    public (string Kind, string Id)? Record { get; init; }
}
