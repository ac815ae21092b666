using System.Diagnostics;

namespace Interop.Modbus;

/// <summary>pymodbus, a Modbus library of Debian, as a process of its own.</summary>
internal static class Pymodbus
{
    private const string Missing = "pymodbus is not installed. Install it with: apt-get install python3-pymodbus python3-serial python3-serial-asyncio";

    // Debian's own Python first: another one in the path does not see Debian's packages.
    private static readonly string[] Interpreters = ["/usr/bin/python3", "python3"];
    private static readonly Lazy<string?> Python = new(() => Array.Find(Interpreters, HasPymodbus));

    /// <summary>Starts a script; skips the test where pymodbus is not installed, fails it where it must be.</summary>
    public static Process Start(string script, params string[] arguments)
    {
        if (Python.Value is not { } python)
        {
            if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
            Assert.Skip(Missing);
            throw new InvalidOperationException(Missing);
        }

        var path = Path.Combine(AppContext.BaseDirectory, "Modbus", script);
        return Process.Start(new ProcessStartInfo(python, [path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true })!;
    }

    private static bool HasPymodbus(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import pymodbus.server, pymodbus.client"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
