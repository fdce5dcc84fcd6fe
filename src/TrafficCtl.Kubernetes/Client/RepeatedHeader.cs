using System.Text;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>
/// Writes one value as several lines of the same header. HttpClient joins values with a comma, and an API server reads
/// <c>Impersonate-Group: a, b</c> as one group of that name. HTTP/1.1 only.
/// </summary>
internal sealed class RepeatedHeader(string name) : Encoding
{
    private const char Between = '\u001f';

    private readonly string line = $"\r\n{name}: ";

    /// <exception cref="KubeException">A value could smuggle in a header.</exception>
    public static string Join(string name, IEnumerable<string> values)
    {
        var all = values.ToArray();
        if (all.Any(v => v.Any(char.IsControl)))
            throw new KubeException(
                $"A value of {name} bears a control character: nothing was asked. Correct the impersonation of the kubeconfig.",
                System.Net.HttpStatusCode.BadRequest, "BadRequest");
        return string.Join(Between, all);
    }

    public override int GetByteCount(char[] chars, int index, int count) => UTF8.GetByteCount(Lines(chars.AsSpan(index, count)));

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        UTF8.GetBytes(Lines(chars.AsSpan(charIndex, charCount)), bytes.AsSpan(byteIndex));

    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount * line.Length);

    public override int GetCharCount(byte[] bytes, int index, int count) => UTF8.GetCharCount(bytes, index, count);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        UTF8.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => UTF8.GetMaxCharCount(byteCount);

    private string Lines(ReadOnlySpan<char> value) => value.ToString().Replace(Between.ToString(), line, StringComparison.Ordinal);
}
