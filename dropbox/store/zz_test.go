package store
import ("testing";"github.com/dgraph-io/badger/v4";"crypto/rand";"context";"fmt";"sync")
func BenchmarkBare(b *testing.B){ for _,n:=range []int{1,32}{ for _,k:=range []int{4,16}{ b.Run(fmt.Sprint(n,"/",k),func(b *testing.B){
 s:=newStore(b); v:=make([]byte,18027); rand.Read(v)
 w:=make(chan int); var wg sync.WaitGroup
 b.ResetTimer()
 for range n { wg.Go(func(){ for range w { s.write(context.Background(),73000,0,func(x tx)error{ for i:=range k { key:=make([]byte,45); rand.Read(key); vv:=v; if i>=4 {vv=v[:40]}; if err:=x.set(key,vv);err!=nil{return err}}; return nil})}})}
 for i:=range b.N { w<-i}
 close(w); wg.Wait()
 b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(),"/s")
})}}}
var _ = badger.ErrTxnTooBig
