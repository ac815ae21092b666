using OpcPortal.Models;

namespace OpcPortal.Billing;

/// <summary>Writes readings in one form. Given channel by channel, those of a meter one after the other; memory holds one channel.</summary>
public interface IBillingWriter : IAsyncDisposable
{
    /// <param name="readings">All of the period, checked, in the order of their times.</param>
    Task WriteAsync(BillingChannel channel, IReadOnlyList<BillingReading> readings, CancellationToken cancellation);

    /// <summary>Writes what stands at the end.</summary>
    Task CompleteAsync(CancellationToken cancellation);
}

/// <summary>The forms of an export.</summary>
public enum BillingFormat
{
    /// <summary>A line a reading. RFC 4180.</summary>
    Csv,

    /// <summary>Apache Parquet: columns, compressed.</summary>
    Parquet,

    /// <summary>Green Button: an Atom feed of ESPI resources. NAESB REQ.21.</summary>
    GreenButton,
}

/// <summary>Makes writers.</summary>
public static class BillingWriters
{
    /// <param name="output">Stays its owner's.</param>
    /// <param name="server">The application URI of the server: ids in the export are made from it.</param>
    /// <param name="at">When the export was made, UTC.</param>
    public static async Task<IBillingWriter> CreateAsync(BillingFormat format, Stream output, BillingPeriod period, string server, DateTime at, CancellationToken cancellation) => format switch
    {
        BillingFormat.Csv => await CsvBillingWriter.CreateAsync(output, period, cancellation).ConfigureAwait(false),
        BillingFormat.Parquet => await ParquetBillingWriter.CreateAsync(output, cancellation).ConfigureAwait(false),
        _ => await GreenButtonWriter.CreateAsync(output, period, server, at).ConfigureAwait(false),
    };

    /// <summary>The form that the ending of a file stands for: <c>.csv</c>, <c>.parquet</c>, <c>.xml</c>; null: none.</summary>
    public static BillingFormat? FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".CSV" => BillingFormat.Csv,
        ".PARQUET" => BillingFormat.Parquet,
        ".XML" => BillingFormat.GreenButton,
        _ => null,
    };
}
