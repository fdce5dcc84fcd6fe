namespace TrafficCtl.Cli.Asking;

/// <summary>A file of certificates that cannot be used.</summary>
internal sealed class CertificateFileException(string file, string why) : Exception(why)
{
    public string File => file;
}
