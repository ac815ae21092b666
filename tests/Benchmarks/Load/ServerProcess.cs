using System.Diagnostics;

namespace OpcPortal.Benchmarks;

/// <summary>CPU time and memory of another process.</summary>
internal sealed class ServerProcess(int id)
{
    public TimeSpan? CpuTime => id == 0 ? null : Read(p => p.TotalProcessorTime);
    public double? RssMb => id == 0 ? null : Read(p => p.WorkingSet64) / 1024.0 / 1024.0;

    private T Read<T>(Func<Process, T> read)
    {
        using var process = Process.GetProcessById(id);
        return read(process);
    }
}
