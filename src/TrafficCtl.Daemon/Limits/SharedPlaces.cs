namespace TrafficCtl.Daemon.Limits;

/// <summary>So many places in all, and so many of them for one key.</summary>
internal sealed class SharedPlaces(int most, int mostOfKey)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byKey = new(StringComparer.Ordinal);
    private int taken;

    public int Taken
    {
        get
        {
            lock (gate) return taken;
        }
    }

    /// <summary>Null when a place was taken, which <see cref="Leave"/> frees; else how many there are of which.</summary>
    public (int Most, bool OfKey)? TryEnter(string key)
    {
        lock (gate)
        {
            if (taken >= most) return (most, false);
            var ofKey = byKey.GetValueOrDefault(key);
            if (ofKey >= mostOfKey) return (mostOfKey, true);
            taken++;
            byKey[key] = ofKey + 1;
            return null;
        }
    }

    public void Leave(string key)
    {
        lock (gate)
        {
            taken--;
            if (byKey[key] == 1) byKey.Remove(key);
            else byKey[key]--;
        }
    }
}
