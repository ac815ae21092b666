using System.Diagnostics;

[assembly: AssemblyFixture(typeof(OpcPortal.Server.Tests.PostgreSqlServer))]

namespace OpcPortal.Server.Tests;

/// <summary>
/// A PostgreSQL server of its own in a folder that is thrown away, reached over a socket in that folder. It starts with the first test that wants it. A test that finds no PostgreSQL is
/// skipped, except where OPCPORTAL_REQUIRE_INTEROP=1 makes it fail.
/// </summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private const string Missing = "PostgreSQL is not installed. Install it with: apt-get install postgresql";

    private readonly string _folder = Directory.CreateTempSubdirectory("pg-").FullName;
    private readonly SemaphoreSlim _starting = new(1);
    private readonly string? _programs = FindPrograms();
    private bool _isRunning;
    private int _databases;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A new, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        if (_programs is null)
        {
            if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
            Assert.Skip(Missing);
        }

        await _starting.WaitAsync();
        try
        {
            if (!_isRunning) await CreateClusterAsync();
            _isRunning = true;
        }
        finally
        {
            _starting.Release();
        }

        var name = $"test{Interlocked.Increment(ref _databases)}";
        await RunAsync("createdb", "-h", _folder, "-U", "postgres", name);
        return $"Host={_folder};Username=postgres;Database={name};Include Error Detail=true;Timeout=60";
    }

    /// <summary>Ends it as a power failure would: nothing is written that was not written yet.</summary>
    public Task CrashAsync() => RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    // The machine outlives the test: waiting for its disk proves nothing.
    public Task StartAsync() => RunAsync("pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o", $"-k {_folder} -c listen_addresses='' -c fsync=off", "start");

    private string Data => Path.Combine(_folder, "data");

    private async Task CreateClusterAsync()
    {
        // PostgreSQL refuses to run as root.
        if (Environment.UserName == "root") await StartAsync("chown", ["postgres", _folder]);
        await RunAsync("initdb", "-D", Data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync");
        await StartAsync();
    }

    private Task RunAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs!, program);
        return Environment.UserName == "root" ? StartAsync("runuser", ["-u", "postgres", "--", path, .. arguments]) : StartAsync(path, arguments);
    }

    private static async Task StartAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true, RedirectStandardError = false })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        if (!Directory.Exists(Debian)) return null;
        return Directory.GetDirectories(Debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    public async ValueTask DisposeAsync()
    {
        if (_isRunning) await CrashAsync();
        _starting.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
