using TrafficCtl.Cli.Demo.Views;

namespace TrafficCtl.Cli.Demo;

/// <summary>
/// The directory of one demonstration: its log, delivery files and data. It is removed at the end unless it was to be kept.
/// </summary>
internal sealed class DemoFolder : IDisposable
{
    private readonly DirectoryInfo directory;
    private bool kept;

    /// <param name="parent">Where it is made.</param>
    public DemoFolder(string parent, TimeProvider clock)
    {
        directory = Directory.CreateDirectory(System.IO.Path.Combine(parent, $"trafficctl-demo-{System.IO.Path.GetRandomFileName()}"));
        Log = new DemoLog(File("demo.log"), clock);
    }

    public string Path => directory.FullName;

    public DemoLog Log { get; }

    public string File(string name) => System.IO.Path.Combine(directory.FullName, name);

    public void Keep() => kept = true;

    public void Dispose()
    {
        Log.Dispose();
        if (!kept) directory.Delete(recursive: true);
    }
}
