using System.Collections;
using Google.Protobuf;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>A status with the texts of others escaped, before they are measured, wrapped and cut.</summary>
internal static class SeenStatus
{
    public static ServiceStatus Of(ServiceStatus status)
    {
        var seen = status.Clone();
        Escape(seen);
        return seen;
    }

    private static void Escape(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            switch (field.Accessor.GetValue(message))
            {
                case string text when !ShownText.IsPrintable(text):
                    field.Accessor.SetValue(message, ShownText.Escape(text));
                    break;
                case IMessage inner:
                    Escape(inner);
                    break;
                case IList list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (list[i] is IMessage inner) Escape(inner);
                        else if (list[i] is string text && !ShownText.IsPrintable(text)) list[i] = ShownText.Escape(text);
                    }

                    break;
            }
        }
    }
}
