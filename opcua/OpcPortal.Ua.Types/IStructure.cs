namespace OpcPortal.Ua;

/// <summary>A value of a structured DataType that can write itself. Part 6 5.2.6.</summary>
public interface IStructure
{
    /// <summary>The NodeId of the DataType.</summary>
    NodeId DataTypeId { get; }

    /// <summary>The NodeId of the DataType's "Default Binary" encoding.</summary>
    NodeId BinaryEncodingId { get; }

    /// <summary>Writes the fields in the order of the definition.</summary>
    void Encode(ref BinaryEncoder encoder);

    /// <summary>Writes the fields as properties of a JSON object that is begun. Part 6 5.4.6. The standard's structures all do.</summary>
    /// <exception cref="CodecException">BadEncodingError: the type has no JSON form.</exception>
    void EncodeJson(ref JsonEncoder encoder) => throw new CodecException(StatusCodes.BadEncodingError, $"{GetType().Name} has no JSON form.");

    /// <summary>Reads the field on whose name the decoder stands, if it is one of this type.</summary>
    /// <returns>False where the type has no such field; the decoder has not moved then.</returns>
    /// <exception cref="CodecException">The text is not a value of the field's type.</exception>
    bool DecodeJsonField(ref JsonDecoder decoder) => false;
}

/// <summary>A structure whose type is known when the program is compiled.</summary>
public interface IStructure<TSelf> : IStructure
    where TSelf : IStructure<TSelf>
{
    /// <exception cref="CodecException">The bytes are not a value of the type.</exception>
    static abstract TSelf Decode(ref BinaryDecoder decoder);
}

/// <summary>The request message of a service. Part 4 7.33.</summary>
public interface IServiceRequest : IStructure
{
    RequestHeader RequestHeader { get; set; }
}

/// <summary>The response message of a service. Part 4 7.34.</summary>
public interface IServiceResponse : IStructure
{
    ResponseHeader ResponseHeader { get; set; }
}
