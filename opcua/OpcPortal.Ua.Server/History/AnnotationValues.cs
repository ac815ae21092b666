namespace OpcPortal.Ua.Server;

/// <summary>Annotations as values: the value is the Annotation, the source time that of what it is about. Part 11 5.1.2, 6.5.6.</summary>
public static class AnnotationValues
{
    public static DataValue ToValue(NodeAnnotation noted) => new(Variant.From(noted.Annotation), StatusCodes.Good, noted.Time, noted.Annotation.AnnotationTime);

    /// <returns>False where the value is no Annotation.</returns>
    public static bool TryRead(in DataValue value, out NodeAnnotation noted)
    {
        var annotation = value.Value is { Type: BuiltInType.ExtensionObject, IsScalar: true } ? value.Value.AsExtensionObject()?.Structure as Annotation : null;
        noted = annotation is null ? default : new NodeAnnotation(value.SourceTimestamp, annotation);
        return annotation is not null;
    }
}
