using System.Globalization;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>
/// A place in a JSON payload: a JSON pointer (RFC 6901, <c>/emeters/0/power</c>) or a dotted path (<c>emeters[0].power</c>). No path, or an empty pointer, is the
/// whole payload.
/// </summary>
internal static class PayloadPath
{
    /// <summary>Steps. Payloads of devices nest a few objects; the walk over a payload is as deep as its longest path.</summary>
    public const int MaxSteps = 16;

    /// <exception cref="ConfigurationException">It is malformed or too long.</exception>
    public static string[] Read(ConfigElement? element)
    {
        if (element is null) return [];
        var text = element.Text(512);
        var steps = text[0] == '/' ? Pointer(text, element) : Dotted(text, element);
        return steps.Length <= MaxSteps ? steps : throw element.Wrong($"a path of at most {MaxSteps} steps is wanted here");
    }

    /// <summary>A step as the index of an array's item. RFC 6901 4: no sign, no leading zero.</summary>
    /// <returns>-1 where it can only be a member's name.</returns>
    public static int Index(string step) =>
        step is "0" || (step.Length > 0 && step[0] != '0' && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? int.Parse(step, NumberStyles.None, CultureInfo.InvariantCulture) : -1;

    private static string[] Pointer(string text, ConfigElement element)
    {
        var steps = text[1..].Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            // RFC 6901 3: '~' is written ~0 and '/' is written ~1, and there is no other escape.
            if (steps[i].Replace("~0", "", StringComparison.Ordinal).Replace("~1", "", StringComparison.Ordinal).Contains('~', StringComparison.Ordinal))
                throw element.Wrong("in a JSON pointer '~' is written ~0 and '/' is written ~1");
            steps[i] = steps[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return steps;
    }

    private static string[] Dotted(string text, ConfigElement element)
    {
        var steps = text.Replace("]", "", StringComparison.Ordinal).Replace('[', '.').Split('.');
        return Array.TrueForAll(steps, step => step.Length > 0) ? steps : throw element.Wrong("a path such as emeters[0].power or /emeters/0/power is wanted here");
    }
}
