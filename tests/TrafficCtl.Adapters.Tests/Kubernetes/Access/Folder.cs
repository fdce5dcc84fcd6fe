using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Adapters.Tests.Kubernetes.Access;

/// <summary>A folder of files for one test.</summary>
internal sealed class Folder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("trafficctl-access-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public KubeSurroundings Around => new()
    {
        Variable = Variables.GetValueOrDefault,
        Home = System.IO.Path.Combine(Path, "home"),
        ServiceAccount = System.IO.Path.Combine(Path, "account"),
    };

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>A program of the shell.</summary>
    public string Script(string name, string text)
    {
        var path = Write(name, "#!/bin/sh\n" + text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
