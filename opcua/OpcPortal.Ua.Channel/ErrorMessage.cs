using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpcPortal.Ua.Channel;

/// <summary>The last message before a connection is closed for a mistake. Part 6 7.1.2.5.</summary>
public static class ErrorMessage
{
    private const int FixedLength = MessageFramer.HeaderLength + sizeof(uint) + sizeof(int);

    /// <summary>Bytes of the longest Error.</summary>
    public const uint MaxLength = FixedLength + TransportLimits.MaxReasonLength;

    /// <summary>An Error that names the status; no more, for a reason would help an attacker.</summary>
    public static byte[] Create(StatusCode status)
    {
        var reason = Encoding.UTF8.GetBytes(status.ToString());
        var message = new byte[FixedLength + reason.Length];
        MessageFramer.WriteHeader(message, MessageType.Error, ChunkKind.Final, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(MessageFramer.HeaderLength), status.Code);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(MessageFramer.HeaderLength + sizeof(uint)), reason.Length);
        reason.CopyTo(message, FixedLength);
        return message;
    }

    /// <summary>What an Error says. One that is malformed is BadCommunicationError: the connection ends in any case.</summary>
    public static (StatusCode Status, string? Reason) Read(in Frame error)
    {
        var bytes = error.Bytes.ToArray().AsSpan();
        if (bytes.Length < FixedLength) return (StatusCodes.BadCommunicationError, null);
        var status = new StatusCode(BinaryPrimitives.ReadUInt32LittleEndian(bytes[MessageFramer.HeaderLength..]));
        var reason = bytes[FixedLength..];
        return (status.IsBad ? status : StatusCodes.BadCommunicationError, reason.Length is 0 or > TransportLimits.MaxReasonLength ? null : Encoding.UTF8.GetString(reason));
    }
}
