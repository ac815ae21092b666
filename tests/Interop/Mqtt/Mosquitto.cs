using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OpcPortal.Adapters.Mqtt.Tests;
using OpcPortal.Adapters.TestKit;

namespace Interop.Mqtt;

/// <summary>
/// Eclipse Mosquitto as a process of its own: one port with TLS and passwords, one with TLS and clients' certificates.
/// </summary>
public sealed class Mosquitto : IAsyncLifetime
{
    public const string User = "portal";
    public const string Password = "correct horse";

    private const string Missing = "mosquitto is not installed. Install it with: apt-get install mosquitto";

    private readonly Certificates _certificates = new();
    private Process? _process;

    /// <summary>TLS and a password.</summary>
    public int Port { get; } = FreePort();

    /// <summary>TLS and a client's certificate.</summary>
    public int CertificatePort { get; } = FreePort();

    public string File(string name) => _certificates.Json(name);

    /// <summary>Skips the test where the peer is not installed; fails it where it must be.</summary>
    public void Require()
    {
        if (_process is not null) return;
        if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
        Assert.Skip(Missing);
    }

    public async ValueTask InitializeAsync()
    {
        if (Find("mosquitto") is null || Find("mosquitto_passwd") is null) return;
        using (var passwords = Process.Start(Find("mosquitto_passwd")!, ["-b", "-c", Path("passwords"), User, Password])) await passwords.WaitForExitAsync();
        await System.IO.File.WriteAllTextAsync(Path("password.txt"), Password + "\n");
        await System.IO.File.WriteAllTextAsync(Path("wrong.txt"), "wrong\n");
        await System.IO.File.WriteAllTextAsync(Path("mosquitto.conf"), $"""
            per_listener_settings true
            user root
            persistence false
            log_dest stderr
            listener {Port} 127.0.0.1
            allow_anonymous false
            password_file {Path("passwords")}
            certfile {Path("broker.pem")}
            keyfile {Path("broker.key")}
            listener {CertificatePort} 127.0.0.1
            cafile {Path("ca.pem")}
            certfile {Path("broker.pem")}
            keyfile {Path("broker.key")}
            require_certificate true
            use_identity_as_username true
            allow_anonymous false

            """);
        await StartAsync();
    }

    /// <summary>Starts the process, and waits until it listens.</summary>
    public async Task StartAsync()
    {
        var process = new Process { StartInfo = new ProcessStartInfo(Find("mosquitto")!, ["-c", Path("mosquitto.conf")]) { RedirectStandardError = true } };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) ready.TrySetException(new InvalidOperationException("mosquitto ended before it was ready."));
            else if (line.Data.EndsWith(" running", StringComparison.Ordinal)) ready.TrySetResult();
        };
        process.Start();
        process.BeginErrorReadLine();
        _process = process;
        await ready.Task.WaitAsync(ContractLimits.Patience);
    }

    /// <summary>Ends the process as a power failure does.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref _process, null) is not { } process) return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _certificates.Dispose();
    }

    private string Path(string file) => System.IO.Path.Combine(_certificates.Folder, file);

    private static string? Find(string program) => new[] { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin" }
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator))
        .Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(System.IO.File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
