using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client.Tests;

/// <summary>A server in a process of its own that is killed and started again, and whose variables are set from here.</summary>
internal sealed class KilledServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly int _port;
    private readonly long[] _values;
    private Process? _process;

    public KilledServer(string folder, int variables)
    {
        _folder = folder;
        _values = new long[variables];
        _port = FreePort();
        var time = TimeProvider.System;
        var pki = new TrustListStore(Path.Combine(folder, "pki"), time);
        using var own = pki.SaveOwn(new CertificateFactory(time).CreateSelfSigned(new CertificateSubject { Name = "killed server", ApplicationUri = "urn:test:killed", Hosts = ["localhost"] }));
        var clientPki = new TrustListStore(Path.Combine(folder, "client"), time);
        Certificate = clientPki.SaveOwn(new CertificateFactory(time).CreateSelfSigned(new CertificateSubject { Name = "client", ApplicationUri = "urn:test:client", Hosts = ["localhost"] }));
        pki.Trust(Certificate.Certificate);
        clientPki.Trust(own.Certificate);
        Validator = new CertificateValidator(clientPki, time);
    }

    public string Url => $"opc.tcp://localhost:{_port}";
    public ApplicationCertificate Certificate { get; }
    public CertificateValidator Validator { get; }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task StartAsync()
    {
        var host = Path.Combine(AppContext.BaseDirectory, "KillHost.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", host, _folder, Text(_port), .. _values.Select(Text)]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
        Assert.Equal("ready", await _process.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout));
    }

    /// <summary>Sets a variable, and returns when its value is queued.</summary>
    public async Task SetAsync(int variable, long value)
    {
        await WriteAsync(variable, value);
        Assert.Equal(Text(value), await _process!.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout));
    }

    /// <summary>Has a variable set and kills the server at once: whether it was still set nobody knows. It begins with that value when it is started again.</summary>
    public async Task SetAndKillAsync(int variable, long value)
    {
        await WriteAsync(variable, value);
        await KillAsync();
    }

    private async Task WriteAsync(int variable, long value)
    {
        _values[variable] = value;
        await _process!.StandardInput.WriteLineAsync($"{Text(variable)} {Text(value)}");
        await _process.StandardInput.FlushAsync();
    }

    private async Task KillAsync()
    {
        // SIGKILL: nothing is closed, flushed or told.
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        Certificate.Dispose();
    }
}
