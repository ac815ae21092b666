namespace OpcPortal.Cli;

/// <summary>What the program says to a script. Listed by <c>opcportal --help</c>.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The command line, a file or a value is not right; nothing was sent.</summary>
    public const int Usage = 1;

    /// <summary>The server cannot be reached or does not answer.</summary>
    public const int NotConnected = 2;

    /// <summary>One side does not trust the other, or the user is refused.</summary>
    public const int NotTrusted = 3;

    /// <summary>The server answered that it does not do it, as a whole or for one of several nodes.</summary>
    public const int Refused = 4;

    /// <summary>Evidence is not whole: rows were changed, removed or cut off.</summary>
    public const int NotWhole = 5;

    /// <summary>Readings are missing or not billing-grade; nothing was written.</summary>
    public const int NotBillable = 6;

    /// <summary>The program itself is at fault. EX_SOFTWARE.</summary>
    public const int Mistake = 70;

    /// <summary>Stopped from the keyboard before it was done. 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    public const string Help = "Exit codes: 0 done, 1 usage, 2 not connected, 3 not trusted, 4 refused by the server, 5 evidence is not whole, 6 not billing-grade, 130 interrupted.";
}
