using System.Reflection;
using System.Runtime.InteropServices;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>Chooses the native library once per process: the system's, which the distribution keeps patched, else the bundled one.</summary>
internal static class SqliteLibrary
{
    private const string System = "libsqlite3.so.0";

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>The version in use.</summary>
    public static string Version => Loaded.Value;

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(Assembly.Load("SQLitePCLRaw.provider.e_sqlite3"), static (name, _, _) =>
            name == "e_sqlite3" && OperatingSystem.IsLinux() && NativeLibrary.TryLoad(System, out var handle) ? handle : 0);
        SQLitePCL.Batteries_V2.Init();
        return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
    }
}
