using System.Data.Common;

namespace OpcPortal.Server;

/// <summary>The tables of a part of the server: a backup reads them all, and a restore makes them as they were.</summary>
/// <param name="Name">The part, such as <c>records</c>.</param>
/// <param name="Steps">The statements of each version in a database, from 1; those that were released never change.</param>
/// <param name="Tables">The tables that these make. Columns are text, integers, bytes or null, and none is filled by the database.</param>
public sealed record SchemaComponent(string Name, Func<PortalDatabase, IReadOnlyList<IReadOnlyList<string>>> Steps, IReadOnlyList<string> Tables)
{
    /// <summary>Makes what rows want to be there before they are inserted, such as partitions of their time; null: nothing is wanted.</summary>
    public RowPreparation? Prepare { get; init; }
}

/// <summary>Makes what rows of a table want to be there.</summary>
/// <param name="columns">Their columns, in the order of the values of a row.</param>
public delegate Task RowPreparation(PortalDatabase database, DbConnection connection, DbTransaction transaction, string table, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, CancellationToken cancellation);
