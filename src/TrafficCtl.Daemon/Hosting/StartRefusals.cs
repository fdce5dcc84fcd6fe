using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>Turns the exceptions of a start that a person can mend into problems.</summary>
internal static class StartRefusals
{
    /// <exception cref="DaemonRefusedException">A file, a directory or a store cannot be used.</exception>
    public static T Making<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception fault) when (fault is DataDirectoryException or StoreUnavailableException or InvalidDataException or IOException
            or UnauthorizedAccessException)
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }
}
