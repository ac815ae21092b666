namespace OpcPortal.Ua;

/// <summary>Text for people, with the locale it is in. Part 3 8.5.</summary>
public readonly record struct LocalizedText(string? Text, string? Locale = null)
{
    public bool IsNull => Text is null && Locale is null;

    public static implicit operator LocalizedText(string? text) => new(text);

    public override string ToString() => Text ?? "";
}
