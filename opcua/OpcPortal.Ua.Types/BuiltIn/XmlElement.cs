namespace OpcPortal.Ua;

/// <summary>An XML fragment, kept as text and never parsed by the stack. Part 6 5.2.2.8.</summary>
public readonly record struct XmlElement(string? Xml)
{
    public bool IsNull => Xml is null;
    public override string ToString() => Xml ?? "";
}
