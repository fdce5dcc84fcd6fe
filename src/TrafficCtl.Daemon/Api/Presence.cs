using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace TrafficCtl.Daemon.Api;

/// <summary>What the contract calls missing: in JSON it is null, and in binary messages it is not set.</summary>
internal static class Presence
{
    /// <summary>Clears optional fields that say nothing: an empty text, a number that is none.</summary>
    /// <returns>The message itself. One that is settled already is only read: it may be shared.</returns>
    public static T Settle<T>(T message)
        where T : IMessage
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsMap) continue;
            var accessor = field.Accessor;
            if (field.IsRepeated)
            {
                if (field.FieldType == FieldType.Message)
                    foreach (IMessage item in (IList)accessor.GetValue(message)) Settle(item);
            }
            else if (field.HasPresence && accessor.HasValue(message))
            {
                var value = accessor.GetValue(message);
                if (value is "" || (value is double number && !double.IsFinite(number))) accessor.Clear(message);
                else if (value is IMessage inner) Settle(inner);
            }
            else if (field.FieldType == FieldType.Double && accessor.GetValue(message) is double none && !double.IsFinite(none))
            {
                accessor.Clear(message); // Null in JSON, which reads as 0.
            }
        }

        return message;
    }
}
